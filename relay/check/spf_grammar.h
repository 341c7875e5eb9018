// The small pieces of SPF's grammar: domain-spec, CIDR lengths, modifier names.
//
// Standards: RFC 7208 12 (collected ABNF), 7.1 (macros).
// Threads:   no state.     Errors: nothing for text that does not follow the grammar.
#pragma once

#include <optional>
#include <string_view>

#include "relay/check/spf_record.h"

namespace relay::check {

/// macro-string: literals %x21-24 and %x26-7E, and macro-expand.
[[nodiscard]] bool is_macro_string(std::string_view text);
/// domain-spec = macro-string domain-end
std::optional<DomainSpec> parse_domain_spec(std::string_view text);
/// name = ALPHA *( ALPHA / DIGIT / "-" / "_" / "." )
[[nodiscard]] bool is_modifier_name(std::string_view text);
/// Digits without a leading zero ("0" itself is fine), up to `most`.
std::optional<int> parse_prefix(std::string_view digits, int most);

/// What stands behind a mechanism's name: [":" domain-spec] [dual-cidr-length].
struct HostTail {
    DomainSpec domain;
    int prefix4 = 32;
    int prefix6 = 128;
};
std::optional<HostTail> parse_host_tail(std::string_view tail);

}  // namespace relay::check
