// expand_environment: takes "${NAME}" in a string from the environment.
//
// "$${" stands for the two characters "${"; any other '$' is itself. What a variable holds is not
// expanded again.
//
// Threads: reads the environment, which nothing changes while the relay runs.
// Errors: BadReference, UnsetVariable, BadVariable; the detail names the variable.
#pragma once

#include <string>
#include <string_view>

#include "conf/result.h"

namespace conf {

Result<std::string> expand_environment(std::string_view text);

/// The text that expand_environment() turns into `value`.
std::string escape_environment(std::string_view value);

}  // namespace conf
