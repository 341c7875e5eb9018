// Log: one line an event, to stderr, as text ("accepted id=... from=...") or JSON.
//
// Values from outside are escaped: control octets, quotes and non-ASCII never reach the line raw,
// so that a line is ASCII: U+00FC is "\u00fc", a stray octet the same as its number. Long ones are
// cut.
//
// Threads: safe.
// Cost: one write() a line.
// Errors: none; a line that cannot be written is lost.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "conf/config.h"

namespace relay::log {

enum class Level : std::uint8_t { Debug, Info, Warning, Error };

/// Takes effect for the lines that begin afterwards. Before the first call: info, text.
void configure(const conf::Log& settings);
[[nodiscard]] bool enabled(Level level);

/// Collects the fields of one event and writes the line when it is destroyed.
class Event {
public:
    Event(Level level, std::string_view name);
    ~Event();
    Event(const Event&) = delete;
    Event& operator=(const Event&) = delete;

    Event& field(std::string_view name, std::string_view value);
    Event& field(std::string_view name, std::int64_t value);

private:
    Level level_;
    bool on_;
    bool json_;
    std::string line_;
};

}  // namespace relay::log
