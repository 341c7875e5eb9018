// `signet queue`: looks at the queue and changes it, of a running relay or of a stopped one.
//
// Exit status of each: 0 done; 1 nothing matched; 2 a selection that says nothing, or nothing that
// is understood; 3 the queue could not be reached.
//
// Threads: called from main only.
#pragma once

#include <string>

#include "conf/config.h"
#include "relay/status/selection.h"

namespace relay::cli {

int queue_summary(const conf::Config& config, bool json);
int queue_list(const conf::Config& config, const status::Selection& selection, bool json);
int queue_show(const conf::Config& config, const std::string& id, bool json);
/// These refuse an empty selection without `all`.
int queue_retry(const conf::Config& config, const status::Selection& selection, bool json);
int queue_delete(const conf::Config& config, const status::Selection& selection, bool json);
int queue_hold(const conf::Config& config, const status::HoldRequest& request, bool json);
int queue_release(const conf::Config& config, const status::Selection& selection, bool json);
/// Reads every message; 1 when one is damaged.
int queue_check(const conf::Config& config, bool json);

}  // namespace relay::cli
