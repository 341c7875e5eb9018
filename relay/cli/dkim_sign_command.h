// `signet dkim sign`: prints a message with the signatures that the relay would put on it now.
//
// The message must be final: nothing is completed, encoded or stamped, as the relay does with what
// is submitted. Its lines are printed with CRLF.
//
// Exit: 0 signed; 1 the relay would refuse it; 3 it cannot be read, or no key can be used now.
//
// Threads: called from main only.
#pragma once

#include <memory>
#include <string>

#include "conf/config.h"

namespace relay::cli {

/// `file`: "" and "-" are standard input.
int dkim_sign(const std::string& file, std::shared_ptr<const conf::Config> config);

}  // namespace relay::cli
