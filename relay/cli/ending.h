// Ending: how a command ends, and its one line on stderr.
//
// Threads: called from main only.
#pragma once

#include <string>

namespace relay::cli {

enum class Ending { Done = 0, No = 1, Usage = 2, Unknown = 3 };

int status_of(Ending ending);
/// Prints "signet: what" ("what happened: what to do") to stderr.
void complain(const std::string& what);
/// Complains; the exit status.
int end(Ending ending, const std::string& what);

}  // namespace relay::cli
