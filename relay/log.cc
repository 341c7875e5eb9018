#include "relay/log.h"

#include <algorithm>
#include <array>
#include <atomic>
#include <charconv>
#include <memory>

#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

#include "conf/utf8.h"

namespace relay::log {

namespace {

constexpr std::size_t kMaxValue = 1000;

std::atomic<Level> threshold{Level::Info};
std::atomic<bool> as_json{false};

spdlog::logger& sink() {
    static const std::shared_ptr<spdlog::logger> kLogger = [] {
        auto logger = std::make_shared<spdlog::logger>(
            "signet", std::make_shared<spdlog::sinks::stderr_sink_mt>());
        logger->set_level(spdlog::level::trace);
        logger->set_pattern("%v");
        return logger;
    }();
    return *kLogger;
}

std::string_view level_name(Level level) {
    switch (level) {
        case Level::Debug:
            return "debug";
        case Level::Info:
            return "info";
        case Level::Warning:
            return "warning";
        case Level::Error:
            return "error";
    }
    return "";
}

/// The octets of the UTF-8 character that `text` begins with, of several octets; 0 for none.
std::size_t character_length(std::string_view text) {
    for (std::size_t length = 2; length <= std::min<std::size_t>(4, text.size()); ++length) {
        if (conf::is_utf8(text.substr(0, length))) {
            return length;
        }
    }
    return 0;
}

void append_unit(std::string& line, unsigned unit) {
    constexpr std::string_view kHex = "0123456789abcdef";
    line += "\\u";
    for (const unsigned shift : {12U, 8U, 4U, 0U}) {
        line += kHex[unit >> shift & 15U];
    }
}

/// RFC 8259 7: a character as "\u" and four digits, beyond U+FFFF as two surrogates.
void append_character(std::string& line, std::string_view octets) {
    std::uint32_t point = static_cast<unsigned char>(octets[0]) & (0xffU >> (octets.size() + 1));
    for (const char c : octets.substr(1)) {
        point = point << 6U | (static_cast<unsigned char>(c) & 0x3fU);
    }
    if (point > 0xffff) {
        append_unit(line, 0xd800U + ((point - 0x10000U) >> 10U));
        point = 0xdc00U + ((point - 0x10000U) & 0x3ffU);
    }
    append_unit(line, point);
}

void append_escaped(std::string& line, std::string_view value) {
    const bool cut = value.size() > kMaxValue;
    value = value.substr(0, kMaxValue);
    for (std::size_t at = 0; at < value.size(); ++at) {
        const char c = value[at];
        const auto octet = static_cast<unsigned char>(c);
        if (c == '"' || c == '\\') {
            line += '\\';
            line += c;
        } else if (octet >= 0x20 && octet < 0x7f) {
            line += c;
        } else if (const auto length = octet < 0x80 ? 0 : character_length(value.substr(at));
                   length > 0) {
            append_character(line, value.substr(at, length));
            at += length - 1;
        } else {
            append_unit(line, octet);
        }
    }
    if (cut) {
        line += "...";
    }
}

bool is_plain(std::string_view value) {
    if (value.empty() || value.size() > kMaxValue) {
        return false;
    }
    for (const char c : value) {
        const auto octet = static_cast<unsigned char>(c);
        if (octet <= 0x20 || octet >= 0x7f || c == '"' || c == '\\' || c == '=') {
            return false;
        }
    }
    return true;
}

/// "2026-11-22T06:00:00.123Z"; the calendar part is made once a second and thread.
void append_time(std::string& line) {
    const auto now =
        std::chrono::floor<std::chrono::milliseconds>(std::chrono::system_clock::now());
    const auto second = std::chrono::floor<std::chrono::seconds>(now);
    thread_local std::chrono::sys_seconds shown{};
    thread_local std::string text;
    if (second != shown || text.empty()) {
        shown = second;
        const auto day = std::chrono::floor<std::chrono::days>(second);
        const std::chrono::year_month_day date(day);
        const std::chrono::hh_mm_ss time(second - day);
        std::array<char, 32> buffer{};
        const int length = std::snprintf(buffer.data(),
                                         buffer.size(),
                                         "%04d-%02u-%02uT%02d:%02d:%02d.",
                                         static_cast<int>(date.year()),
                                         static_cast<unsigned>(date.month()),
                                         static_cast<unsigned>(date.day()),
                                         static_cast<int>(time.hours().count()),
                                         static_cast<int>(time.minutes().count()),
                                         static_cast<int>(time.seconds().count()));
        text.assign(buffer.data(), static_cast<std::size_t>(length));
    }
    const auto millis = (now - second).count();
    line += text;
    line += static_cast<char>('0' + millis / 100);
    line += static_cast<char>('0' + millis / 10 % 10);
    line += static_cast<char>('0' + millis % 10);
    line += 'Z';
}

}  // namespace

void configure(const conf::Log& settings) {
    switch (settings.level) {
        case conf::LogLevel::Debug:
            threshold = Level::Debug;
            break;
        case conf::LogLevel::Info:
            threshold = Level::Info;
            break;
        case conf::LogLevel::Warning:
            threshold = Level::Warning;
            break;
        case conf::LogLevel::Error:
            threshold = Level::Error;
            break;
    }
    as_json = settings.format == conf::LogFormat::Json;
}

bool enabled(Level level) {
    return level >= threshold.load(std::memory_order_relaxed);
}

Event::Event(Level level, std::string_view name)
    : level_(level), on_(enabled(level)), json_(as_json) {
    if (!on_) {
        return;
    }
    line_.reserve(320);
    if (json_) {
        line_ += "{\"time\":\"";
        append_time(line_);
        line_ += "\",\"level\":\"";
        line_ += level_name(level_);
        line_ += "\",\"event\":\"";
        line_ += name;
        line_ += '"';
    } else {
        append_time(line_);
        line_ += ' ';
        line_ += level_name(level_);
        line_ += ' ';
        line_ += name;
    }
}

Event::~Event() {
    if (!on_) {
        return;
    }
    if (json_) {
        line_ += '}';
    }
    sink().log(spdlog::level::info, spdlog::string_view_t(line_.data(), line_.size()));
}

Event& Event::field(std::string_view name, std::string_view value) {
    if (!on_) {
        return *this;
    }
    if (json_) {
        line_ += ",\"";
        line_ += name;
        line_ += "\":\"";
        append_escaped(line_, value);
        line_ += '"';
    } else {
        line_ += ' ';
        line_ += name;
        line_ += '=';
        if (is_plain(value)) {
            line_ += value;
        } else {
            line_ += '"';
            append_escaped(line_, value);
            line_ += '"';
        }
    }
    return *this;
}

Event& Event::field(std::string_view name, std::int64_t value) {
    if (!on_) {
        return *this;
    }
    std::array<char, 24> digits{};
    const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), value).ptr;
    const std::string_view text(digits.data(), static_cast<std::size_t>(end - digits.data()));
    if (json_) {
        line_ += ",\"";
        line_ += name;
        line_ += "\":";
    } else {
        line_ += ' ';
        line_ += name;
        line_ += '=';
    }
    line_ += text;
    return *this;
}

}  // namespace relay::log
