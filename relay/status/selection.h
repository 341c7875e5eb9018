// Selection: which messages a person means, as written in a URL, a JSON body or on a command line.
//
// Standards: RFC 3986 2.1 (percent-encoding), RFC 8259 (JSON).
// Threads:   values.     Errors: conf::Error without a code; the detail names the part and what to
// write.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "conf/result.h"
#include "queue/store.h"

namespace relay::status {

struct Selection {
    std::string id;
    std::string sender;      // "<>" for the null sender
    std::string recipient;   // of an open recipient
    std::string domain;      // of an open recipient
    std::string state;       // waiting, active, held
    std::string older_than;  // a duration: "15m"
    bool all = false;        // everything is meant, although nothing is given
    bool operator==(const Selection&) const = default;

    /// Nothing narrows it.
    [[nodiscard]] bool is_empty() const;
};

/// What to hold, and why: the whole reason as it is kept and shown.
struct HoldRequest {
    static constexpr std::size_t kMaxReason = 200;  // octets of what a person may say

    Selection selection;
    std::string reason;  // what the person says, or nothing
    bool operator==(const HoldRequest&) const = default;
};

/// A page of the queue: the selection, and where to go on.
struct QueueQuery {
    Selection selection;
    queue::MessageId from;
};

/// "sender=a%40b&state=held&from=ID". A plus sign is itself: addresses have them.
conf::Result<QueueQuery> parse_query(std::string_view query);
/// {"sender": "a@b", "older-than": "1h"} or {"all": true}.
conf::Result<Selection> parse_selection(std::string_view json);
/// The same, and perhaps {"reason": "wait for the lawyer"}.
conf::Result<HoldRequest> parse_hold(std::string_view json);

/// The same again, with what is set alone.
std::string as_query(const Selection& selection, std::optional<queue::MessageId> from);
std::string as_json(const Selection& selection);
std::string as_json(const HoldRequest& request);

conf::Result<queue::Filter> filter_of(const Selection& selection, queue::Instant now);

// What retry and release say to a state that is none of theirs.
inline constexpr const char* kOnlyWaitingRetried =
    "only waiting messages are retried: active ones are on their way, held ones wait for what "
    "holds "
    "them";
inline constexpr const char* kOnlyHeldReleased =
    "only held messages are released: the others are on their way, or wait for their turn";
/// "held by a person", or "held by a person: wait for the lawyer". Errors: more than kMaxReason
/// octets, or others than printable ones of ASCII.
conf::Result<std::string> hold_reason(const HoldRequest& request);

}  // namespace relay::status
