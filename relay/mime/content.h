// Content: what a header section says about the body behind it: what it is, how it is encoded.
//
// Standards: RFC 2045 5 and 6, RFC 2046 5 (composite types), RFC 1847 (signed, encrypted), RFC 6532
//   3.7 (message/global is a leaf).
// Threads:   values.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace relay::mime {

enum class Kind : std::uint8_t {
    Leaf,
    Multipart,
    Message,     // message/rfc822: a header and a body again
    Sealed,      // multipart/signed or multipart/encrypted: no octet inside may change
    Fragment,    // message/partial or message/external-body
    Unbounded,   // a multipart without a usable boundary
    Unreadable,  // the header breaks RFC 5322, or says one thing twice
};

enum class Encoding : std::uint8_t {
    None,  // no such field
    SevenBit,
    EightBit,
    Binary,
    QuotedPrintable,
    Base64,
    Unknown,
};

/// The octets stand there as they are.
constexpr bool is_identity(Encoding encoding) {
    return encoding <= Encoding::Binary;
}

/// The type of a part that does not say it.
enum class DefaultType : std::uint8_t { Text, Message };

struct Content {
    Kind kind = Kind::Leaf;
    Encoding encoding = Encoding::None;
    DefaultType of_parts = DefaultType::Text;  // of a multipart
    bool is_text = true;
    bool takes_charset = true;  // a text that names no charset, and whose field can be edited
    bool has_mime_version = false;
    std::string boundary;  // of a multipart
    std::string name;      // "multipart/signed", or why the header is Unreadable
};

/// `header`: fields with their CRLFs, without the empty line.
Content read_content(std::string_view header, DefaultType default_type);

}  // namespace relay::mime
