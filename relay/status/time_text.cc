#include "relay/status/time_text.h"

#include <array>
#include <cstdio>

namespace relay::status {

std::string time_text(conf::Instant instant) {
    const auto day = std::chrono::floor<std::chrono::days>(instant);
    const std::chrono::year_month_day date(day);
    const std::chrono::hh_mm_ss time(instant - day);
    std::array<char, 48> text{};
    (void)std::snprintf(text.data(),
                        text.size(),
                        "%04d-%02u-%02uT%02d:%02d:%02d.%03dZ",
                        static_cast<int>(date.year()),
                        static_cast<unsigned>(date.month()),
                        static_cast<unsigned>(date.day()),
                        static_cast<int>(time.hours().count()),
                        static_cast<int>(time.minutes().count()),
                        static_cast<int>(time.seconds().count()),
                        static_cast<int>(time.subseconds().count()));
    return text.data();
}

std::string http_date(conf::Instant instant) {
    static constexpr std::array<const char*, 7> kDays = {
        "Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
    static constexpr std::array<const char*, 12> kMonths = {
        "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
    const auto day = std::chrono::floor<std::chrono::days>(instant);
    const std::chrono::year_month_day date(day);
    const std::chrono::hh_mm_ss time(std::chrono::floor<std::chrono::seconds>(instant - day));
    std::array<char, 48> text{};
    (void)std::snprintf(text.data(),
                        text.size(),
                        "%s, %02u %s %04d %02d:%02d:%02d GMT",
                        kDays.at(std::chrono::weekday(day).c_encoding()),
                        static_cast<unsigned>(date.day()),
                        kMonths.at(static_cast<unsigned>(date.month()) - 1),
                        static_cast<int>(date.year()),
                        static_cast<int>(time.hours().count()),
                        static_cast<int>(time.minutes().count()),
                        static_cast<int>(time.seconds().count()));
    return text.data();
}

std::string age_text(conf::Duration age) {
    struct Unit {
        const char* name;
        std::int64_t seconds;
    };
    static constexpr std::array<Unit, 4> kUnits = {
        {{"d", 86400}, {"h", 3600}, {"m", 60}, {"s", 1}}};
    std::int64_t rest = std::chrono::floor<std::chrono::seconds>(age).count();
    if (rest <= 0) {
        return "0s";
    }
    std::string text;
    for (const Unit& unit : kUnits) {
        if (rest < unit.seconds && text.empty()) {
            continue;
        }
        const bool second = !text.empty();
        if (const auto count = rest / unit.seconds; count > 0) {
            text += std::to_string(count) + unit.name;
        }
        rest %= unit.seconds;
        if (second) {
            break;
        }
    }
    return text;
}

}  // namespace relay::status
