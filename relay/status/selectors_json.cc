#include "relay/status/selectors_json.h"

#include <nlohmann/json.hpp>

namespace relay::status {

using nlohmann::ordered_json;

namespace {

ordered_json date_json(const std::optional<conf::Instant>& at) {
    return at ? ordered_json(dkim::date_text(*at)) : ordered_json();
}

}  // namespace

ordered_json selectors_json(const std::vector<dkim::SelectorReport>& reports) {
    ordered_json json = ordered_json::array();
    for (const dkim::SelectorReport& report : reports) {
        ordered_json entry;
        entry["domain"] = report.domain.text();
        entry["selector"] = report.selector;
        entry["record"] = report.record_name;
        entry["type"] = report.type ? ordered_json(dkim::name_of(*report.type)) : ordered_json();
        entry["bits"] = report.type ? ordered_json(report.bits) : ordered_json();
        entry["configured"] = report.configured;
        entry["state"] = dkim::name_of(report.state);
        entry["since"] = date_json(report.since);
        entry["until"] = date_json(report.until);
        entry["detail"] = report.detail;
        json.push_back(std::move(entry));
    }
    return json;
}

}  // namespace relay::status
