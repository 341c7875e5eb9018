// DsnRequest: which delivery reports a client asked for, and what names they are to carry.
//
// ENVID and ORCPT are kept as they were received, in xtext: RFC 3461 5.2.1 wants the same octets in
// the command that relays the message, 6.3 wants them decoded in a report.
//
// Standards: RFC 3461 4.1 (NOTIFY), 4.2 (ORCPT), 4.3 (RET).
// Threads:   values.     Errors: none.
#pragma once

#include <cstdint>
#include <string>

namespace queue {

/// RFC 3461 4.3: how much of the message a report of failure returns; it concerns no other report.
enum class ReturnedPart : std::uint8_t { Unset, Full, Headers };

/// RFC 3461 4.1: NEVER stands alone, the others in any combination; none at all: nothing was said.
struct Notify {
    bool never = false;
    bool success = false;
    bool failure = false;
    bool delay = false;
    bool operator==(const Notify&) const = default;

    [[nodiscard]] bool is_unset() const { return !never && !success && !failure && !delay; }
};

/// What was asked for one recipient.
struct DsnRequest {
    Notify notify;
    /// ORCPT: "rfc822;user@example.com", the part behind the semicolon in xtext; at most 500
    /// octets; empty where it was not given.
    std::string original_recipient;
    bool operator==(const DsnRequest&) const = default;

    /// RFC 3461 5.2.6: without NOTIFY a failure is reported, with it only where it says FAILURE.
    [[nodiscard]] bool wants_failure() const { return notify.is_unset() || notify.failure; }
    [[nodiscard]] bool wants_success() const { return notify.success; }
};

}  // namespace queue
