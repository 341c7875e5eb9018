#include "relay/smtp/xtext.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstdio>

#include "conf/utf8.h"
#include "relay/smtp/ascii.h"

namespace relay::smtp {
namespace {

/// RFC 3461 4: two upper case hexadecimal digits.
std::optional<unsigned> hex_digit(char octet) {
    if (is_digit(octet)) {
        return static_cast<unsigned>(octet - '0');
    }
    if (octet >= 'A' && octet <= 'F') {
        return static_cast<unsigned>(octet - 'A') + 10;
    }
    return std::nullopt;
}

/// RFC 822 3.3: atom = 1*<any CHAR except specials, SPACE and CTLs>.
bool is_atom(std::string_view text) {
    return !text.empty() && std::all_of(text.begin(), text.end(), [](char octet) {
        return is_printable(octet) &&
               std::string_view(" ()<>@,;:\\\".[]").find(octet) == std::string_view::npos;
    });
}

/// RFC 3461 4.2, 4.4: before its encoding the value MUST consist of printable characters of
/// US-ASCII, white space among them. NB: of that only the space, since a tab is no octet of a
/// command line here either.
std::optional<std::string> decode_printable(std::string_view text) {
    auto decoded = decode_xtext(text);
    if (decoded && !std::all_of(decoded->begin(), decoded->end(), is_printable)) {
        decoded.reset();
    }
    return decoded;
}

}  // namespace

std::optional<std::string> decode_xtext(std::string_view text) {
    std::string decoded;
    for (std::size_t at = 0; at < text.size(); ++at) {
        // xchar = any ASCII CHAR between "!" and "~" inclusive, except for "+" and "=".
        if (text[at] != '+') {
            if (!is_printable(text[at]) || text[at] == ' ' || text[at] == '=') {
                return std::nullopt;
            }
            decoded += text[at];
            continue;
        }
        // hexchar = "+" immediately followed by two upper case hexadecimal digits
        if (text.size() - at < 3) {
            return std::nullopt;
        }
        const auto high = hex_digit(text[at + 1]);
        const auto low = hex_digit(text[at + 2]);
        if (!high || !low) {
            return std::nullopt;
        }
        decoded += static_cast<char>(*high << 4U | *low);
        at += 2;
    }
    return decoded;
}

std::optional<std::string> decode_envelope_id(std::string_view value) {
    auto decoded = decode_printable(value);
    // NB: RFC 3461 4.4 speaks of 100 characters of the parameter; they are counted decoded, so that
    // an identifier does not become too long by its encoding.
    if (decoded && (decoded->empty() || decoded->size() > kMaxEnvelopeId)) {
        decoded.reset();
    }
    return decoded;
}

std::optional<std::string> decode_original_recipient(std::string_view value) {
    // original-recipient-address = addr-type ";" xtext; up to 500 characters.
    const std::size_t semicolon = value.find(';');
    if (value.size() > kMaxOriginalRecipient || semicolon == std::string_view::npos ||
        !is_atom(value.substr(0, semicolon))) {
        return std::nullopt;
    }
    const auto address = decode_printable(value.substr(semicolon + 1));
    if (!address || address->empty()) {
        return std::nullopt;
    }
    return std::string(value.substr(0, semicolon + 1)) + *address;
}

std::optional<std::string> seven_bit_original_recipient(std::string_view value) {
    constexpr std::string_view kType = "utf-8;";
    if (!equal_no_case(value.substr(0, kType.size()), kType) || !conf::is_utf8(value)) {
        return std::nullopt;
    }
    std::string encoded;
    for (std::size_t at = 0; at < value.size();) {
        if (is_ascii(value[at])) {
            encoded += value[at++];
            continue;
        }
        // The leading octet says how many follow: 110xxxxx one, 1110xxxx two, 11110xxx three.
        const auto first = static_cast<unsigned char>(value[at]);
        const std::size_t length = first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;
        std::uint32_t point = first & (0xffU >> (length + 1));
        for (std::size_t next = 1; next < length; ++next) {
            point = point << 6U | (static_cast<unsigned char>(value[at + next]) & 0x3fU);
        }
        if (point < 0xa0) {  // U+0080 to U+009F control
            return std::nullopt;
        }
        // RFC 6533 3: EmbeddedUnicodeChar = "\x{" HEXPOINT "}", upper case, without leading zeros.
        std::array<char, 16> hex{};
        const int digits =
            std::snprintf(hex.data(), hex.size(), "%X", static_cast<unsigned>(point));
        encoded += "\\x{" + std::string(hex.data(), static_cast<std::size_t>(digits)) + "}";
        at += length;
    }
    return encoded;
}

}  // namespace relay::smtp
