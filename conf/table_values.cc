// The typed values of TableReader: numbers, durations, sizes, dates, names from a list.

#include "conf/nearest.h"
#include "conf/table_reader.h"
#include "conf/units.h"

namespace conf {

namespace {

std::string alternatives(std::span<const std::string> allowed) {
    std::string text;
    for (std::size_t i = 0; i < allowed.size(); ++i) {
        if (i > 0) {
            text += i + 1 == allowed.size() ? " or " : ", ";
        }
        text += "\"" + allowed[i] + "\"";
    }
    return text;
}

std::optional<Instant> to_instant(const toml::date_time& value) {
    if (!value.offset) {
        return std::nullopt;
    }
    using namespace std::chrono;
    const year_month_day day{
        year(value.date.year), month(value.date.month), std::chrono::day(value.date.day)};
    if (!day.ok()) {
        return std::nullopt;
    }
    return Instant(sys_days(day)) + hours(value.time.hour) + minutes(value.time.minute) +
           seconds(value.time.second) +
           duration_cast<milliseconds>(nanoseconds(value.time.nanosecond)) -
           minutes(value.offset->minutes);
}

}  // namespace

void TableReader::boolean(std::string_view key, std::string_view expected, bool& into) {
    const toml::node* node = find(key);
    if (node == nullptr) {
        return;
    }
    if (const auto* value = node->as_boolean()) {
        into = value->get();
    } else {
        wrong_type(*node, key, expected);
    }
}

std::optional<std::int64_t> TableReader::whole_number(std::string_view key,
                                                      std::int64_t least,
                                                      std::int64_t most) {
    const toml::node* node = find(key);
    if (node == nullptr) {
        return std::nullopt;
    }
    const std::string range =
        "a whole number from " + std::to_string(least) + " to " + std::to_string(most);
    const auto* value = node->as_integer();
    if (value == nullptr) {
        wrong_type(*node, key, range);
        return std::nullopt;
    }
    if (value->get() < least || value->get() > most) {
        wrong(*node, key, "= " + std::to_string(value->get()) + " is out of range: write " + range);
        return std::nullopt;
    }
    return value->get();
}

void TableReader::duration(std::string_view key, Duration& into, Duration least, Duration most) {
    const std::string range = duration_text(least) + " to " + duration_text(most);
    text(key,
         "a duration like \"15m\", from " + range,
         [&](const std::string& value) -> std::string {
             const auto parsed = parse_duration(value);
             if (!parsed) {
                 return parsed.error().message();
             }
             if (*parsed < least || *parsed > most) {
                 return "out of range: write a duration from " + range;
             }
             into = *parsed;
             return {};
         });
}

void TableReader::size(std::string_view key,
                       std::uint64_t& into,
                       std::uint64_t least,
                       std::uint64_t most) {
    const std::string range = size_text(least) + " to " + size_text(most);
    text(key, "a size like \"25MiB\", from " + range, [&](const std::string& value) -> std::string {
        const auto parsed = parse_size(value);
        if (!parsed) {
            return parsed.error().message();
        }
        if (*parsed < least || *parsed > most) {
            return "out of range: write a size from " + range;
        }
        into = *parsed;
        return {};
    });
}

void TableReader::date(std::string_view key, std::optional<Instant>& into) {
    const toml::node* node = find(key);
    if (node == nullptr) {
        return;
    }
    const auto* value = node->as_date_time();
    if (value == nullptr) {
        // A bare date, or one in quotes: whose midnight would that be?
        wrong_type(
            *node, key, "a date with time and offset, like 2026-12-01T00:00:00Z, without quotes");
        return;
    }
    const auto instant = to_instant(value->get());
    if (!instant) {
        wrong(*node,
              key,
              "needs an offset: write Z or +01:00 behind the time, like 2026-12-01T00:00:00Z");
        return;
    }
    into = instant;
}

std::optional<std::size_t> TableReader::chosen(std::string_view key,
                                               std::span<const std::string> allowed) {
    std::optional<std::size_t> found;
    const std::string list = alternatives(allowed);
    text(key, list, [&](const std::string& value) -> std::string {
        for (std::size_t i = 0; i < allowed.size(); ++i) {
            if (allowed[i] == value) {
                found = i;
                return {};
            }
        }
        const auto meant = nearest(value, allowed);
        return "write " + list + (meant ? "; did you mean \"" + *meant + "\"?" : "");
    });
    return found;
}

}  // namespace conf
