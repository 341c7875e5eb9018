// The page /metrics: the facts of a Snapshot in Prometheus' text format.
//
// Labels are bounded: reasons of held mail beyond kMaxHeldReasons count together as "other".
//
// Threads: no state.
#pragma once

#include <string>

#include "relay/status/snapshot.h"

namespace relay::status {

inline constexpr std::size_t kMaxHeldReasons = 20;

std::string metrics_page(const Snapshot& snapshot);

}  // namespace relay::status
