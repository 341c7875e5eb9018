// Verdict: what a verifier says about one signature, and why.
//
// Standards: RFC 8601 2.7.1 (the words).
// Threads:   values.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace dkim {

struct Verdict {
    enum class Kind : std::uint8_t {
        Pass,
        Fail,       // judged, and not good: something was changed, or it is not to be trusted
        PermError,  // the field or the key cannot be used, and trying again will not help
        TempError,  // the key could not be looked up now
        Policy,     // may be good, but is more than this verifier works for
    };

    Kind kind = Kind::PermError;
    std::string reason;  // printable ASCII, never empty
    bool operator==(const Verdict&) const = default;
};

/// "pass", "fail", "permerror", "temperror" or "policy".
std::string_view name_of(Verdict::Kind kind);

}  // namespace dkim
