#include "conf/units.h"

#include <array>
#include <charconv>
#include <optional>
#include <span>

#include "conf/errors.h"

namespace conf {

namespace {

struct Unit {
    std::string_view name;
    std::uint64_t factor;
};

// Largest first: printing takes the first that is exact.
constexpr std::array<Unit, 5> kDurations = {{
    {"d", 86'400'000},
    {"h", 3'600'000},
    {"m", 60'000},
    {"s", 1'000},
    {"ms", 1},
}};
constexpr std::array<Unit, 5> kSizes = {{
    {"TiB", std::uint64_t{1} << 40U},
    {"GiB", std::uint64_t{1} << 30U},
    {"MiB", std::uint64_t{1} << 20U},
    {"KiB", std::uint64_t{1} << 10U},
    {"", 1},
}};
constexpr std::uint64_t kLongestDuration = 3650 * kDurations[0].factor;
constexpr std::uint64_t kLargestSize = std::uint64_t{1} << 50U;

/// The number times its unit; nothing unless it is exactly that and at most `most`.
std::optional<std::uint64_t> parse_units(std::string_view text,
                                         std::span<const Unit> units,
                                         std::uint64_t most) {
    std::uint64_t number = 0;
    const char* const last = text.data() + text.size();
    const auto [end, ec] = std::from_chars(text.data(), last, number);
    if (ec != std::errc{}) {
        return std::nullopt;
    }
    const std::string_view name(end, static_cast<std::size_t>(last - end));
    for (const Unit& unit : units) {
        if (name == unit.name && number <= most / unit.factor) {
            return number * unit.factor;
        }
    }
    return std::nullopt;
}

std::string units_text(std::uint64_t value, std::span<const Unit> units) {
    for (const Unit& unit : units) {
        if (value != 0 && value % unit.factor == 0) {
            return std::to_string(value / unit.factor).append(unit.name);
        }
    }
    return "0";
}

}  // namespace

Result<Duration> parse_duration(std::string_view text) {
    if (text == "0") {
        return Duration::zero();
    }
    const auto value = parse_units(text, kDurations, kLongestDuration);
    if (!value) {
        return error(
            errc::BadDuration,
            "write one whole number and ms, s, m, h or d, like \"15m\" (10 years at most)");
    }
    return Duration(static_cast<Duration::rep>(*value));
}

std::string duration_text(Duration duration) {
    return units_text(static_cast<std::uint64_t>(duration.count()), kDurations);
}

Result<std::uint64_t> parse_size(std::string_view text) {
    const auto value = parse_units(text, kSizes, kLargestSize);
    if (!value) {
        return error(
            errc::BadSize,
            "write one whole number of octets, or of KiB, MiB, GiB or TiB, like \"25MiB\"");
    }
    return *value;
}

std::string size_text(std::uint64_t octets) {
    return units_text(octets, kSizes);
}

}  // namespace conf
