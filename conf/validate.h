// validate: the rules between the values of a configuration, which no key can judge by itself.
//
// A value that could not be read is passed over, so that one fault makes one problem.
//
// Threads: no state.
// Errors: go to the Reading, at the value that should change.
#pragma once

#include "conf/config.h"
#include "conf/reading.h"

namespace conf {

void validate(const Config& config, Reading& reading);

}  // namespace conf
