// HeaderEdit: what changes in the header section of a part whose body is encoded.
//
// Fields keep their place and the spelling of their names; what is missing is added at the end.
//
// Standards: RFC 2045 4 (MIME-Version), 5.1 (charset), 6.1.
// Threads:   no state.     Errors: none; what cannot be parsed stays.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace relay::mime {

inline constexpr std::string_view kMimeVersion = "MIME-Version";
inline constexpr std::string_view kContentType = "Content-Type";
inline constexpr std::string_view kTransferEncoding = "Content-Transfer-Encoding";

/// A longer Content-Type takes no charset: its line might become too long.
inline constexpr std::size_t kLongestCharsetField = 900;

struct HeaderEdit {
    std::string_view transfer_encoding;  // empty: as it is
    std::string_view charset;            // empty: as it is; else the field takes one
    bool add_mime_version = false;
    bool fold = false;  // lines that are too long
};

/// `header`: fields with their CRLFs, without the empty line.
std::string edit_header(std::string_view header, const HeaderEdit& edit);

}  // namespace relay::mime
