// Waits: what a message or one of its recipients waits for, and what ends the waiting, in words.
//
// Threads: no state.
#pragma once

#include <string>

#include "relay/spool.h"

namespace relay::status {

/// How what holds the message ends.
std::string release_text(const queue::Envelope& envelope);
/// What stands between the recipient at `position` and its next attempt; empty for one that is
/// done.
std::string waits_for(const Explained& message, std::size_t position, conf::Instant now);

}  // namespace relay::status
