// Xtext: octets that an ESMTP value cannot hold, written as "+3D".
//
// Standards: RFC 3461 4 (xtext), 4.2 (ORCPT), 4.4 (ENVID).
// Threads:   no state.     Errors: nothing, where a text is none.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace relay::smtp {

constexpr std::size_t kMaxEnvelopeId = 100;         // octets, decoded
constexpr std::size_t kMaxOriginalRecipient = 500;  // octets, as they are written

/// Any octets; nothing where `text` is not xtext.
std::optional<std::string> decode_xtext(std::string_view text);

/// The value of ENVID decoded: 1 to kMaxEnvelopeId octets from space to tilde. Nothing where it is
/// another text.
std::optional<std::string> decode_envelope_id(std::string_view value);

/// The value of ORCPT, "rfc822;user@example.com", with the part behind its first semicolon decoded:
/// octets from space to tilde. Nothing where it is another text.
std::optional<std::string> decode_original_recipient(std::string_view value);

}  // namespace relay::smtp
