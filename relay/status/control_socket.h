// The control socket's file: a Unix socket of mode 0660.
//
// A file that a dead relay left behind is replaced; one that somebody answers on, and anything that
// is no socket, stays and is an error.
//
// Threads: at start and end only.
#pragma once

#include <string>

#include "conf/result.h"

namespace relay::status {

/// A listening socket bound to `path`, close-on-exec. Errors: the path and what to do.
conf::Result<int> open_control_socket(const std::string& path);

}  // namespace relay::status
