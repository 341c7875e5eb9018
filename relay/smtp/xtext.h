// Xtext: octets that an ESMTP value cannot hold, written as "+3D".
//
// Standards: RFC 3461 4 (xtext), 4.2 (ORCPT), 4.4 (ENVID), RFC 6533 3 (ORCPT of the type utf-8).
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

/// The value of ORCPT of the type utf-8, with each character beyond ASCII as "\x{FC}": the form
/// that every server with DSN takes, and a 7-bit report. Nothing where the type is another, or the
/// text is no UTF-8 or has control characters.
std::optional<std::string> seven_bit_original_recipient(std::string_view value);

}  // namespace relay::smtp
