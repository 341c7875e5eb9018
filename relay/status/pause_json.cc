#include "relay/status/pause_json.h"

#include <nlohmann/json.hpp>

#include "relay/status/time_text.h"

namespace relay::status {

namespace {

using nlohmann::ordered_json;

constexpr const char* kAll = "all";
constexpr const char* kDomain = "domain";
constexpr const char* kSender = "sender";
constexpr const char* kWhich =
    R"(say what: {"all": true}, {"domain": "example.net"} or {"sender": "app@example.com"})";

ordered_json json_of(const Pause& pause, const std::string& name) {
    switch (pause.what()) {
        case Pause::What::All:
            break;
        case Pause::What::Domain:
            return {{kDomain, name}};
        case Pause::What::Sender:
            return {{kSender, name}};
    }
    return {{kAll, true}};
}

}  // namespace

conf::Result<Pause> parse_pause(std::string_view json) {
    const auto parsed = ordered_json::parse(json, nullptr, false);
    if (!parsed.is_object() || parsed.size() != 1) {
        return conf::Error{{}, kWhich};
    }
    const std::string& name = parsed.begin().key();
    const ordered_json& value = parsed.begin().value();
    if (name == kAll && value.is_boolean() && value.get<bool>()) {
        return Pause::all();
    }
    if (name == kDomain && value.is_string()) {
        return Pause::of_domain(value.get<std::string>());
    }
    if (name == kSender && value.is_string()) {
        return Pause::of_sender(value.get<std::string>());
    }
    return conf::Error{{}, kWhich};
}

std::string as_json(const Pause& pause) {
    return json_of(pause, pause.name())
        .dump(-1, ' ', false, ordered_json::error_handler_t::replace);
}

ordered_json pauses_json(const std::vector<Paused>& paused, Reader reader) {
    ordered_json json = ordered_json::array();
    for (const auto& each : paused) {
        const Pause& pause = each.pause;
        ordered_json entry =
            json_of(pause, reader == Reader::Operator ? pause.name() : pause.public_name());
        entry["since"] = time_text(each.since);
        json.push_back(std::move(entry));
    }
    return json;
}

}  // namespace relay::status
