// The pages /messages/ID and /queue: messages explained, as JSON.
//
// Threads: no state.
#pragma once

#include <string>

#include "queue/store.h"
#include "relay/spool.h"

namespace relay::status {

/// Of each message in a list so many recipients are named; "recipient_count" says how many it has.
inline constexpr std::size_t kMaxListed = 20;

/// Everything that is known of one message: its state, what it waits for, and what happened.
std::string message_page(const Explained& message, conf::Instant now);
std::string queue_page(const queue::Page& page, conf::Instant now);

}  // namespace relay::status
