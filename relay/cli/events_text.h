// Events text: what happened to a message, as a person reads it: an event a line, and under an
// attempt what it came to and what was said.
//
// Threads: no state.     Control octets show as '?'.
#pragma once

#include <cstdint>
#include <string>

#include <nlohmann/json_fwd.hpp>

namespace relay::cli {

/// `events`: those of /messages/ID. `left_out`: how many batches of them are not there.
std::string events_text(const nlohmann::ordered_json& events, std::int64_t left_out);

}  // namespace relay::cli
