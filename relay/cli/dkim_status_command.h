// `signet dkim status` and `signet dkim retire`: what each selector does and waits for; and taking
// one out of service.
//
// A running relay is asked over its control socket. A stopped one's store says what it last knew.
//
// Threads: called from main only.
#pragma once

#include <string>

#include "conf/config.h"

namespace relay::cli {

/// A table of all selectors. 1: no domain signs, or one that should does not; 3: cannot be found
/// out.
int dkim_status(const conf::Config& config, bool json);

/// 1: there is no such selector, or no other one is proven; 3: it cannot be stored.
int dkim_retire(const conf::Config& config, const std::string& domain, const std::string& selector);

}  // namespace relay::cli
