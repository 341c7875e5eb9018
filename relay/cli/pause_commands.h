// `signet pause` and `signet resume`: stop and restart sending, not accepting, of a running relay
// or of a stopped one.
//
// Exit status: 0 done, or paused before; 1 there is no such pause to end; 2 not exactly one of the
// three is said, or it is not understood; 3 the queue could not be reached.
//
// Threads: called from main only.
#pragma once

#include <string>

#include "conf/config.h"

namespace relay::cli {

struct PauseOptions {
    bool all = false;
    std::string domain;  // of recipients
    std::string sender;  // a whole address, a domain, or <>
    bool json = false;
};

int pause_command(const conf::Config& config, const PauseOptions& options);
int resume_command(const conf::Config& config, const PauseOptions& options);

}  // namespace relay::cli
