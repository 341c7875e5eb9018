// `signet queue export` and `signet queue import`: mail of this relay's queue into a folder, and
// into the queue of another.
//
// Exit status of each: 0 all of it is done; 1 nothing matched, or something is left or refused; 2 a
// selection that says nothing; 3 it could not be done, or ended early.
//
// Threads: called from main only.
#pragma once

#include <string>

#include "conf/config.h"
#include "relay/status/selection.h"

namespace relay::cli {

/// `folder` may be relative to the working folder.
int queue_export(const conf::Config& config,
                 const status::Selection& selection,
                 const std::string& folder,
                 bool json);
int queue_import(const conf::Config& config, const std::string& folder, bool json);

}  // namespace relay::cli
