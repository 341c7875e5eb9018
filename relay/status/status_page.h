// The page /status: the facts of a Snapshot as JSON. No subjects, no secrets, and no addresses of
// people but for an operator: a sender whose mail is paused.
//
// Threads: no state.
#pragma once

#include <string>

#include "relay/status/pause_json.h"
#include "relay/status/snapshot.h"

namespace relay::status {

/// Sites beyond this many are counted, not listed; the busiest come first.
inline constexpr std::size_t kMaxSites = 100;

std::string status_page(const Snapshot& snapshot, Reader reader = Reader::Anybody);

/// The page's "queue" and "paused" alone, for a store without a relay: nothing is known of what
/// held mail waits for.
std::string queue_summary(const queue::Totals& totals,
                          const std::vector<Paused>& paused,
                          conf::Instant now);

}  // namespace relay::status
