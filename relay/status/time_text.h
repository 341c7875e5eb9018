// How the pages write a time: "2026-11-22T06:00:00.123Z", and an age: "3h12m".
//
// Standards: RFC 3339, UTC; RFC 9110 5.6.7 (HTTP-date).
// Threads:   no state.
#pragma once

#include <string>

#include "conf/config.h"

namespace relay::status {

std::string time_text(conf::Instant instant);
/// "Sun, 22 Nov 2026 06:00:00 GMT"
std::string http_date(conf::Instant instant);
/// The two largest units: "4d2h", "3h12m", "42s". Negative ones are "0s".
std::string age_text(conf::Duration age);

}  // namespace relay::status
