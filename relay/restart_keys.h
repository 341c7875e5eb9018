// Which keys of a new configuration take effect only after a restart.
//
// Threads: no state; pure.
#pragma once

#include <string>
#include <vector>

#include "conf/config.h"

namespace relay {

/// The names of those that differ, in the order of the file.
std::vector<std::string> keys_that_need_a_restart(const conf::Config& running,
                                                  const conf::Config& fresh);

}  // namespace relay
