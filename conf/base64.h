// Base64: octets as text of the standard alphabet, padded, with nothing between the characters.
//
// Standards: RFC 4648 4; 3.2, 3.3 and 3.5 (padding, other characters, left-over bits: all strict).
// Threads: no state.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace conf {

std::string encode_base64(std::string_view octets);

/// Nothing where `text` holds another character, wrong padding, or bits behind the last octet.
std::optional<std::string> decode_base64(std::string_view text);

}  // namespace conf
