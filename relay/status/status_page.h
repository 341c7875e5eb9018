// The page /status: the facts of a Snapshot as JSON. No addresses of people, no subjects, no
// secrets.
//
// Threads: no state.
#pragma once

#include <string>

#include "relay/status/snapshot.h"

namespace relay::status {

/// Sites beyond this many are counted, not listed; the busiest come first.
inline constexpr std::size_t kMaxSites = 100;

std::string status_page(const Snapshot& snapshot);

/// The page's "queue" alone, for a store without a relay: nothing is known of what held mail waits
/// for.
std::string queue_summary(const queue::Totals& totals, conf::Instant now);

}  // namespace relay::status
