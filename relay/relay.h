// Relay: the running whole. Builds every part in order, runs until it is told to end, takes it
// apart in the opposite order.
//
// Signals: SIGTERM and SIGINT drain (no new mail, open transactions finish, at most
//   shutdown_grace); a second one ends at once. SIGHUP reloads configuration and keys; bad ones
//   leave the old in force. SIGPIPE is ignored.
// Threads: one per loop, the committer, the disk pool, libunbound's. serve() itself waits on the
//   caller's.
#pragma once

#include <string>

namespace relay {

/// `signet serve`. Exit status: 0 ended on request; 1 could not start, or the store failed.
int serve(const std::string& config_file);

}  // namespace relay
