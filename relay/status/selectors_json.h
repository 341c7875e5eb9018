// Selectors as JSON: one form for /status and for `signet dkim status`, whether the relay runs or
// not.
//
// Threads: no state.
#pragma once

#include <vector>

#include <nlohmann/json_fwd.hpp>

#include "dkim/selector.h"

namespace relay::status {

/// An array; "since" and "until" are dates in UTC or null, "type" is null where no key is known.
nlohmann::ordered_json selectors_json(const std::vector<dkim::SelectorReport>& reports);

}  // namespace relay::status
