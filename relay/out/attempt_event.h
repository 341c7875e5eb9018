// Attempt event: what the history tells of an attempt that did not reach everybody.
//
// Threads: no state; pure.     Bounds: kOutcomesTold different outcomes, kRecipientsTold names
// each.
#pragma once

#include <vector>

#include "queue/attempt.h"
#include "queue/envelope.h"
#include "relay/history/event.h"

namespace relay::out {

constexpr std::size_t kOutcomesTold = 10;
constexpr std::size_t kRecipientsTold = 10;

/// Site, host, and for each different outcome a sentence: "deferred one@example.net,
/// two@example.net and 3 more: 451 4.2.0 come back". `outcomes` stand beside the recipients.
history::Event attempt_event(const queue::Attempt& attempt,
                             const queue::Envelope& envelope,
                             const std::vector<queue::Outcome>& outcomes,
                             queue::Instant now);

}  // namespace relay::out
