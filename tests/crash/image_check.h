// ImageCheck: what a power cut left, opened as a start of the relay opens it, against what had been
// promised by then.
//
// Of every message that was accepted: it is there, whole, as long as one recipient may not be
// closed; a recipient that was told as ended is not open; a recipient that a report closes and that
// report are there together or not at all. No row is damaged, SQLite finds nothing amiss, ids go on
// above all that were given, and what was remembered last is known.
//
// Threads: not safe.
#pragma once

#include <string>
#include <vector>

#include "tests/crash/journal.h"

namespace crash {

/// What is wrong in `folder`, which holds what a cut after `cut` operations left; nothing if all is
/// well. The store there has been opened and closed afterwards.
std::vector<std::string> wrong_in(const std::string& folder, const Journal& journal, Position cut);

}  // namespace crash
