// Durations and sizes as the configuration writes them: "15m", "4d", "500ms", "0"; "25MiB",
// "10KiB", "512".
//
// A duration is one whole number and one of ms, s, m, h, d; only zero may stand without a unit. A
// size is one whole number of octets, or of KiB, MiB, GiB, TiB (powers of 1024).
//
// Threads: no state.
// Errors: BadDuration, BadSize; the detail says what to write.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "conf/config.h"
#include "conf/result.h"

namespace conf {

/// At most ten years, so that adding one to a time never overflows.
Result<Duration> parse_duration(std::string_view text);
/// In the largest unit that is exact: 90 s is "90s", 3600 s is "1h".
std::string duration_text(Duration duration);

/// At most 2^50 octets.
Result<std::uint64_t> parse_size(std::string_view text);
/// In the largest unit that is exact.
std::string size_text(std::uint64_t octets);

}  // namespace conf
