#include "relay/cli/queue_text.h"

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <string_view>

#include <nlohmann/json.hpp>

#include "relay/cli/events_text.h"
#include "relay/cli/table.h"
#include "relay/status/time_text.h"

namespace relay::cli {

namespace {

using nlohmann::ordered_json;

std::string text_of(const ordered_json& object, const char* key) {
    const auto found = object.find(key);
    return found != object.end() && found->is_string() ? found->get<std::string>() : std::string();
}

std::int64_t number_of(const ordered_json& object, const char* key) {
    const auto found = object.find(key);
    return found != object.end() && found->is_number_integer() ? found->get<std::int64_t>() : 0;
}

bool has_value(const ordered_json& object, const char* key) {
    const auto found = object.find(key);
    return found != object.end() && !found->is_null();
}

bool is_true(const ordered_json& object, const char* key) {
    const auto found = object.find(key);
    return found != object.end() && found->is_boolean() && found->get<bool>();
}

std::string age_of(std::int64_t seconds) {
    return status::age_text(std::chrono::seconds(seconds));
}

std::string size_text(std::int64_t octets) {
    constexpr std::string_view kUnits = "KMGT";
    if (octets < 1024) {
        return std::to_string(octets);
    }
    std::size_t unit = 0;
    double value = static_cast<double>(octets) / 1024;
    while (value >= 1024 && unit + 1 < kUnits.size()) {
        value /= 1024;
        ++unit;
    }
    const auto tenths = static_cast<std::int64_t>(value * 10);
    return std::to_string(tenths / 10) + "." + std::to_string(tenths % 10) + kUnits[unit];
}

/// "deferred: 4.2.0 451 4.2.0 come back (mx.example.net [192.0.2.1])"
std::string outcome_text(const ordered_json& outcome) {
    std::string text = text_of(outcome, "kind") + ": " + text_of(outcome, "text");
    const std::string host = text_of(outcome, "host");
    const std::string ip = text_of(outcome, "ip");
    if (!host.empty() || !ip.empty()) {
        text += " (" + host + (ip.empty() ? "" : (host.empty() ? "[" : " [") + ip + "]") + ")";
    }
    return text;
}

/// "mx:mx.example.net: 1 of 5 connections (the limit now), 3 wait there"
std::string site_text(const ordered_json& site) {
    return text_of(site, "name") + ": " + std::to_string(number_of(site, "connections")) + " of " +
           std::to_string(number_of(site, "limit")) + " connections (the limit now), " +
           std::to_string(number_of(site, "waiting")) + " wait there";
}

std::string recipients_text(const ordered_json& message) {
    const auto found = message.find("recipients");
    if (found == message.end() || !found->is_array() || found->empty() ||
        !found->front().is_string()) {
        return {};
    }
    const auto count = number_of(message, "recipient_count");
    return found->front().get<std::string>() +
           (count > 1 ? " and " + std::to_string(count - 1) + " more" : "");
}

}  // namespace

std::optional<std::string> summary_text(const std::string& page) {
    const auto json = ordered_json::parse(page, nullptr, false);
    if (!json.is_object()) {
        return std::nullopt;
    }
    Table table;
    for (const char* state : {"waiting", "active", "held"}) {
        table.add({state, std::to_string(number_of(json, state))});
    }
    table.add({"size", size_text(number_of(json, "octets"))});
    table.add(
        {"oldest",
         has_value(json, "oldest_seconds") ? age_of(number_of(json, "oldest_seconds")) : "-"});
    std::string text = table.text();
    if (const auto paused = json.find("paused");
        paused != json.end() && paused->is_array() && !paused->empty()) {
        Table pauses({"PAUSED", "SINCE"});
        for (const auto& pause : *paused) {
            const std::string domain = text_of(pause, "domain");
            const std::string sender = text_of(pause, "sender");
            pauses.add({!domain.empty()   ? "domain " + domain
                        : !sender.empty() ? "sender " + sender
                                          : "all mail",
                        text_of(pause, "since")});
        }
        text += "\n" + pauses.text();
    }
    if (const auto held = json.find("held_by_reason");
        held != json.end() && held->is_object() && !held->empty()) {
        Table reasons({"HELD", "REASON"});
        for (const auto& [reason, count] : held->items()) {
            reasons.add({count.is_number() ? count.dump() : "?", reason});
        }
        text += "\n" + reasons.text();
    }
    return text;
}

std::optional<std::string> message_text(const std::string& page) {
    const auto json = ordered_json::parse(page, nullptr, false);
    if (!json.is_object() || !json.contains("id")) {
        return std::nullopt;
    }
    Table table;
    table.add({"id", text_of(json, "id")});
    table.add({"state", text_of(json, "state")});
    table.add({"sender", text_of(json, "sender")});
    table.add({"author domain", text_of(json, "author_domain")});
    table.add({"signed by", text_of(json, "signed_by")});
    table.add({"client", text_of(json, "client")});
    table.add(
        {"accepted",
         text_of(json, "accepted") + " (" + age_of(number_of(json, "age_seconds")) + " ago)"});
    table.add({"size", std::to_string(number_of(json, "size")) + " octets"});
    if (is_true(json, "require_tls")) {
        table.add({"requires", "TLS on every hop (REQUIRETLS)"});
    }
    if (has_value(json, "next")) {
        table.add({"next attempt", text_of(json, "next")});
    }
    if (const auto hold = json.find("hold"); hold != json.end() && hold->is_object()) {
        table.add({"held for", text_of(*hold, "reason")});
        table.add({"held since", text_of(*hold, "since")});
        table.add({"release", text_of(*hold, "release")});
    }
    std::string text = table.text();
    const auto recipients = json.find("recipients");
    if (recipients == json.end() || !recipients->is_array()) {
        return text;
    }
    for (const auto& recipient : *recipients) {
        const auto attempts = number_of(recipient, "attempts");
        Table details;
        details.add({"  state",
                     text_of(recipient, "state") + " after " + std::to_string(attempts) +
                         (attempts == 1 ? " attempt" : " attempts")});
        if (has_value(recipient, "last")) {
            details.add({"  last", outcome_text(recipient["last"])});
        }
        if (has_value(recipient, "next")) {
            details.add({"  next", text_of(recipient, "next")});
        }
        if (has_value(recipient, "waits_for")) {
            details.add({"  waits for", text_of(recipient, "waits_for")});
        }
        if (has_value(recipient, "site")) {
            details.add({"  site", site_text(recipient["site"])});
        }
        text += "\n" + text_of(recipient, "address") + "\n" + details.text();
    }
    if (const auto events = json.find("events");
        events != json.end() && events->is_array() && !events->empty()) {
        text += "\n" + events_text(*events, number_of(json, "events_left_out"));
    }
    return text;
}

std::optional<CheckText> check_text(const std::string& page) {
    const auto json = ordered_json::parse(page, nullptr, false);
    if (!json.is_object() || !json.contains("checked") || !json.contains("damaged") ||
        !json["damaged"].is_array()) {
        return std::nullopt;
    }
    CheckText result;
    const auto checked = number_of(json, "checked");
    result.damaged = static_cast<std::size_t>(
        std::max(number_of(json, "damaged_in_all"), static_cast<std::int64_t>(0)));
    Table table(result.damaged == 0 ? Table::Row{} : Table::Row{"DAMAGED", "WHAT IS WRONG"});
    for (const auto& damage : json["damaged"]) {
        table.add({text_of(damage, "id"), text_of(damage, "what")});
    }
    result.text = "checked " + std::to_string(checked) + (checked == 1 ? " message" : " messages") +
                  ": " + (result.damaged == 0 ? "all are whole" : std::to_string(result.damaged)) +
                  (result.damaged == 0   ? "\n"
                   : result.damaged == 1 ? " is damaged\n"
                                         : " are damaged\n");
    result.text += table.text();
    return result;
}

std::optional<ListText> list_text(const std::string& page, Heading heading) {
    const auto json = ordered_json::parse(page, nullptr, false);
    if (!json.is_object() || !json.contains("messages") || !json["messages"].is_array()) {
        return std::nullopt;
    }
    ListText result;
    Table table(
        heading == Heading::With
            ? Table::Row{"ID", "AGE", "SIZE", "SENDER", "STATE", "NEXT", "RECIPIENTS", "REASON"}
            : Table::Row{});
    constexpr std::size_t kLeast[] = {13, 6, 6, 20, 7, 6, 20};
    for (std::size_t column = 0; column < std::size(kLeast); ++column) {
        table.set_least(column, kLeast[column]);
    }
    for (const auto& message : json["messages"]) {
        ++result.messages;
        const auto next = number_of(message, "next_seconds");
        table.add({text_of(message, "id"),
                   age_of(number_of(message, "age_seconds")),
                   size_text(number_of(message, "size")),
                   text_of(message, "sender"),
                   text_of(message, "state"),
                   !has_value(message, "next_seconds") || text_of(message, "state") == "held" ? "-"
                   : next > 0 ? age_of(next)
                              : "now",
                   recipients_text(message),
                   text_of(message, "reason")});
        result.json += result.json.empty() ? "" : ",\n";
        result.json += message.dump();
    }
    if (result.messages > 0) {
        result.table = table.text();
    }
    if (const auto damaged = json.find("damaged"); damaged != json.end() && damaged->is_array()) {
        for (const auto& id : *damaged) {
            result.damaged += (result.damaged.empty() ? "" : ", ") +
                              (id.is_string() ? id.get<std::string>() : std::string("?"));
        }
    }
    if (has_value(json, "next")) {
        result.next = ::queue::MessageId::parse(text_of(json, "next"));
    }
    return result;
}

}  // namespace relay::cli
