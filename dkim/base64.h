// Base64 as DKIM writes it: the standard alphabet, padded; white space may stand between the
// characters.
//
// Standards: RFC 4648 4, RFC 6376 3.2 (base64string, folding white space inside).
// Threads:   no state.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace dkim {

std::string encode_base64(std::string_view octets);

/// Nothing where `text` holds another character, wrong padding, or bits behind the last octet.
std::optional<std::string> decode_base64(std::string_view text);

}  // namespace dkim
