// `signet send`: submits one message as an application would, and follows it to its end.
//
// Exit status: 0 delivered; 1 refused, failed, expired or deleted; 2 wrong usage; 3 still waiting,
// or nobody could be asked.
//
// Threads: called from main only.
#pragma once

#include <string>

#include "conf/config.h"

namespace relay::cli {

struct SendOptions {
    std::string from, to;
    std::string subject = "A test message from Signet";
    std::string body_file;
    conf::Duration wait = std::chrono::seconds(60);
    bool json = false;
};

int send_command(const SendOptions& options, const conf::Config& config);

}  // namespace relay::cli
