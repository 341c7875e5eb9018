// read_secret_file: the one line of a file that keeps a secret out of the configuration.
//
// Its line end is not part of it. A link is followed: secrets of containers are links.
//
// Threads: no state; reads a file.
// Errors: BadSecretFile with the reason; what the file holds is never repeated.
#pragma once

#include <string>

#include "conf/result.h"

namespace conf {

/// At most 64 KiB of UTF-8 without control characters. `path` is absolute.
Result<std::string> read_secret_file(const std::string& path);

}  // namespace conf
