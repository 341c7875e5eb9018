// OlderStore: a queue as the first version left it when it was killed: the first schema, envelopes
// in their first format, some of it in a journal that was never checkpointed, and chunks of a
// message that never came to be.
#pragma once

#include <string>

#include "tests/crash/journal.h"

namespace crash {

/// Makes it in `folder`, which is empty, and offers its messages as accepted long ago.
void make_older_store(const std::string& folder, Journal& journal);

}  // namespace crash
