// Signed fields: which header fields a signature covers.
//
// Standards: RFC 6376 5.4 and 5.4.1 (what to sign), 8.15 (why to oversign).
// Threads:   no state.
#pragma once

#include <array>
#include <string_view>

namespace dkim {

/// True for a field whose every instance is signed: what a reader sees, what describes the body,
/// and what mailing list software acts on. Not for what relays add or remove on the way (Received,
/// Return-Path, DKIM-Signature, Authentication-Results), nor for Bcc. ASCII case is ignored.
bool is_signed(std::string_view name);

/// Signed once more than present, so that none can be added on the way: a reader shows the first,
/// or the last.
inline constexpr std::array<std::string_view, 6> kOversigned = {
    "from", "subject", "date", "to", "reply-to", "content-type"};

}  // namespace dkim
