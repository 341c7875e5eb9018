// The wall clock, in the form that everything stored uses. Pure folders get it as an argument.
#pragma once

#include <chrono>

#include "conf/config.h"

namespace relay {

inline conf::Instant wall_clock() {
    return std::chrono::floor<std::chrono::milliseconds>(std::chrono::system_clock::now());
}

}  // namespace relay
