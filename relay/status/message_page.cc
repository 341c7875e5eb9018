#include "relay/status/message_page.h"

#include <nlohmann/json.hpp>

#include "relay/status/story_json.h"
#include "relay/status/time_text.h"
#include "relay/status/waits.h"

namespace relay::status {

namespace {

using nlohmann::ordered_json;

std::string page_text(const ordered_json& json, int indent) {
    return json.dump(indent, ' ', false, ordered_json::error_handler_t::replace) + "\n";
}

std::string_view name_of(queue::Recipient::State state) {
    switch (state) {
        case queue::Recipient::State::Waiting:
            return "waiting";
        case queue::Recipient::State::Delivered:
            return "delivered";
        case queue::Recipient::State::Failed:
            return "failed";
        case queue::Recipient::State::Expired:
            return "expired";
        case queue::Recipient::State::Deleted:
            return "deleted";
    }
    return {};
}

std::string_view name_of(queue::Outcome::Kind kind) {
    switch (kind) {
        case queue::Outcome::Kind::Delivered:
            return "delivered";
        case queue::Outcome::Kind::Deferred:
            return "deferred";
        case queue::Outcome::Kind::Failed:
            return "failed";
    }
    return {};
}

std::string_view name_of(queue::BodyKind body) {
    switch (body) {
        case queue::BodyKind::SevenBit:
            return "7bit";
        case queue::BodyKind::EightBitMime:
            return "8bitmime";
    }
    return {};
}

std::string sender_text(const queue::Address& sender) {
    return sender.is_null() ? "<>" : sender.text();
}

ordered_json outcome_json(const queue::Outcome& outcome) {
    ordered_json json;
    json["kind"] = name_of(outcome.kind);
    json["status"] = outcome.status.text();
    json["text"] = outcome.text;
    json["host"] = outcome.host;
    json["ip"] = outcome.ip;
    json["said_by_host"] = outcome.remote;
    return json;
}

ordered_json site_json(const Explained& message, const queue::Recipient& recipient) {
    const auto found = message.sites.find(std::string(recipient.address.domain()));
    if (!recipient.is_open() || found == message.sites.end()) {
        return {};
    }
    const SiteView& site = found->second;
    return {{"name", site.site},
            {"connections", site.connections},
            {"limit", site.limit},
            {"waiting", site.waiting}};
}

ordered_json recipient_json(const Explained& message, std::size_t position, conf::Instant now) {
    const queue::Recipient& recipient = message.envelope.recipients[position];
    ordered_json json;
    json["address"] = recipient.address.text();
    json["state"] = name_of(recipient.state);
    json["attempts"] = recipient.attempts;
    json["next"] = recipient.is_open() && recipient.due != queue::Instant{}
                       ? ordered_json(time_text(recipient.due))
                       : ordered_json();
    json["last"] = recipient.last ? outcome_json(*recipient.last) : ordered_json();
    const std::string waits = waits_for(message, position, now);
    json["waits_for"] = waits.empty() ? ordered_json() : ordered_json(waits);
    json["site"] = site_json(message, recipient);
    return json;
}

std::string_view listed_state(const queue::Envelope& envelope,
                              const std::optional<queue::Instant>& due) {
    if (!envelope.hold.reason.empty()) {
        return "held";
    }
    return due ? "waiting" : "active";
}

/// What a person reads in the last column: what holds it, or what was said last.
std::string listed_reason(const queue::Envelope& envelope) {
    if (!envelope.hold.reason.empty()) {
        return envelope.hold.reason;
    }
    for (const queue::Recipient& recipient : envelope.recipients) {
        if (recipient.is_open() && recipient.last) {
            return recipient.last->text;
        }
    }
    return {};
}

}  // namespace

std::string message_page(const Explained& message, conf::Instant now) {
    const queue::Envelope& envelope = message.envelope;
    ordered_json json;
    json["id"] = envelope.id.text();
    json["state"] = message.state;
    json["sender"] = sender_text(envelope.sender);
    json["author_domain"] = envelope.author_domain;
    json["signed_by"] = envelope.signed_by;
    json["client"] = envelope.client;
    json["accepted"] = time_text(envelope.accepted);
    json["age_seconds"] = std::chrono::floor<std::chrono::seconds>(now - envelope.accepted).count();
    json["size"] = envelope.size;
    json["body"] = name_of(envelope.body);
    json["require_tls"] = envelope.require_tls;
    json["next"] = message.due ? ordered_json(time_text(*message.due)) : ordered_json();
    if (envelope.hold.reason.empty() || message.state == "finished") {
        json["hold"] = nullptr;
    } else {
        json["hold"] = {{"reason", envelope.hold.reason},
                        {"since", time_text(envelope.hold.since)},
                        {"by_person", envelope.hold.person},
                        {"release", release_text(envelope)}};
    }
    json["recipients"] = ordered_json::array();
    for (std::size_t position = 0; position < envelope.recipients.size(); ++position) {
        json["recipients"].push_back(recipient_json(message, position, now));
    }
    json["events"] = story_json(message.story);
    json["events_left_out"] = message.story.left_out;
    return page_text(json, 1);
}

std::string queue_page(const queue::Page& page, conf::Instant now) {
    ordered_json json;
    json["messages"] = ordered_json::array();
    for (const auto& [envelope, due] : page.messages) {
        ordered_json entry;
        entry["id"] = envelope.id.text();
        entry["accepted"] = time_text(envelope.accepted);
        entry["age_seconds"] =
            std::chrono::floor<std::chrono::seconds>(now - envelope.accepted).count();
        entry["size"] = envelope.size;
        entry["sender"] = sender_text(envelope.sender);
        entry["state"] = listed_state(envelope, due);
        entry["next"] = due ? ordered_json(time_text(*due)) : ordered_json();
        entry["next_seconds"] =
            due ? ordered_json(std::chrono::floor<std::chrono::seconds>(*due - now).count())
                : ordered_json();
        entry["recipients"] = ordered_json::array();
        for (const queue::Recipient& recipient : envelope.recipients) {
            if (entry["recipients"].size() == kMaxListed) {
                break;
            }
            entry["recipients"].push_back(recipient.address.text());
        }
        entry["recipient_count"] = envelope.recipients.size();
        entry["reason"] = listed_reason(envelope);
        json["messages"].push_back(std::move(entry));
    }
    json["next"] = page.next ? ordered_json(page.next->text()) : ordered_json();
    json["damaged"] = ordered_json::array();
    for (const queue::MessageId& id : page.damaged) {
        json["damaged"].push_back(id.text());
    }
    return page_text(json, -1);
}

}  // namespace relay::status
