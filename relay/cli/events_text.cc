#include "relay/cli/events_text.h"

#include <algorithm>
#include <string_view>

#include <nlohmann/json.hpp>

namespace relay::cli {

namespace {

using nlohmann::ordered_json;

constexpr std::size_t kNameWidth = 12;  // "signed-again"

std::string printable(std::string text) {
    for (char& octet : text) {
        const auto value = static_cast<unsigned char>(octet);
        if (value < 0x20 || value == 0x7f) {
            octet = '?';
        }
    }
    return text;
}

std::string text_of(const ordered_json& value) {
    return printable(value.is_string() ? value.get<std::string>() : value.dump());
}

/// name=value, as in the log.
std::string field_text(const std::string& name, const ordered_json& value) {
    const std::string text = text_of(value);
    const bool quoted = text.empty() || text.find(' ') != std::string::npos;
    return " " + name + "=" + (quoted ? '"' + text + '"' : text);
}

std::string lines_under(const ordered_json& event, const char* key) {
    std::string text;
    if (const auto found = event.find(key); found != event.end() && found->is_array()) {
        for (const auto& line : *found) {
            text += "      " + text_of(line) + "\n";
        }
    }
    return text;
}

}  // namespace

std::string events_text(const ordered_json& events, std::int64_t left_out) {
    std::string text = "events\n";
    for (const auto& event : events) {
        if (!event.is_object()) {
            continue;
        }
        std::string name = text_of(event.value("event", ordered_json("")));
        name.resize(std::max(name.size(), kNameWidth), ' ');
        std::string line = "  " + text_of(event.value("time", ordered_json(""))) + "  " + name;
        for (const auto& [key, value] : event.items()) {
            if (key != "time" && key != "event" && value.is_primitive()) {
                line += field_text(printable(key), value);
            }
        }
        text += line + "\n" + lines_under(event, "outcomes") + lines_under(event, "transcript");
    }
    if (left_out > 0) {
        text += "  (a long story: " + std::to_string(left_out) +
                " entries between the first and the last ones are left out)\n";
    }
    return text;
}

}  // namespace relay::cli
