#include "relay/status/story_json.h"

#include <charconv>
#include <optional>
#include <string_view>

#include <nlohmann/json.hpp>

#include "relay/status/time_text.h"

namespace relay::status {

namespace {

using nlohmann::ordered_json;

std::optional<std::int64_t> number_of(std::string_view text) {
    std::int64_t number = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (error != std::errc() || end != text.data() + text.size()) {
        return std::nullopt;
    }
    return number;
}

bool is_number(history::Field field) {
    return field == history::Field::Size || field == history::Field::Recipients ||
           field == history::Field::Took || field == history::Field::Delay;
}

ordered_json value_json(history::Field field, const std::string& text) {
    if (const auto number = number_of(text)) {
        if (is_number(field)) {
            return *number;
        }
        if (field == history::Field::Next) {
            return time_text(conf::Instant(std::chrono::milliseconds(*number)));
        }
    }
    return text;
}

ordered_json lines_json(std::string_view text) {
    ordered_json lines = ordered_json::array();
    while (!text.empty()) {
        const auto end = text.find('\n');
        lines.push_back(text.substr(0, end));
        text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
    }
    return lines;
}

}  // namespace

ordered_json story_json(const history::Story& story) {
    ordered_json events = ordered_json::array();
    for (const history::Event& event : story.events) {
        ordered_json json;
        json["time"] = time_text(event.time);
        json["event"] = history::name(event.kind);
        for (const auto& [field, text] : event.fields) {
            if (field == history::Field::Outcome) {
                json["outcomes"].push_back(text);
            } else {
                json[std::string(history::name(field))] = value_json(field, text);
            }
        }
        if (!event.transcript.empty()) {
            json["transcript"] = lines_json(event.transcript);
        }
        events.push_back(std::move(json));
    }
    return events;
}

}  // namespace relay::status
