// A pause as JSON: as commands send it, {"all": true}, {"domain": "example.net"} or
// {"sender": "app@example.com"}, and as pages show it, with the time since when.
//
// Standards: RFC 8259 (JSON).
// Threads:   no state.     Errors: texts for a person, without a code.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include <nlohmann/json_fwd.hpp>

#include "conf/result.h"
#include "relay/pauses.h"

namespace relay::status {

/// Exactly one of the three.
conf::Result<Pause> parse_pause(std::string_view json);
std::string as_json(const Pause& pause);

/// Whoever asks may see the addresses of people, or nobody knows who it is.
enum class Reader { Operator, Anybody };
/// [{"domain": "example.net", "since": "2026-11-22T12:00:00.000Z"}]
nlohmann::ordered_json pauses_json(const std::vector<Paused>& paused, Reader reader);

}  // namespace relay::status
