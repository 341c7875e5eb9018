// `signet config`: is the configuration right, and what is in force.
//
// Threads: called from main only.
#pragma once

#include <memory>
#include <string>

#include "conf/config.h"

namespace relay::cli {

/// Nothing, with each problem on stderr, where it cannot be used.
std::shared_ptr<const conf::Config> load_config(const std::string& file);

/// Every problem, key files included. 1: there are some.
int config_check(const std::string& file);
int config_show(const conf::Config& config);

}  // namespace relay::cli
