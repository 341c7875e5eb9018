// The queue of a relay that is stopped: this process reads and writes the store in its place, under
// the lock that the relay would take. What it changes is what the relay finds when it starts.
//
// Threads: not safe; blocks.     Errors: those of the store.
#pragma once

#include <memory>

#include "relay/cli/queue_access.h"
#include "relay/history/history_store.h"

namespace relay::cli {

/// `history` may be missing: then nothing is told of what happened.
std::unique_ptr<QueueAccess> stopped_queue(std::unique_ptr<::queue::Store> store,
                                           std::unique_ptr<history::HistoryStore> history);

}  // namespace relay::cli
