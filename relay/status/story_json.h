// Story JSON: the events of a message, as /messages/ID has them.
//
// Threads: no state.
#pragma once

#include <nlohmann/json_fwd.hpp>

#include "relay/history/event.h"

namespace relay::status {

/// [{"time", "event", its fields by name, "outcomes": [...], "transcript": [lines]}, ...]
nlohmann::ordered_json story_json(const history::Story& story);

}  // namespace relay::status
