#include "relay/history/event.h"

#include <algorithm>

namespace relay::history {

std::string_view Event::value(Field field) const {
    const auto found = std::find_if(
        fields.begin(), fields.end(), [field](const auto& entry) { return entry.first == field; });
    return found == fields.end() ? std::string_view() : std::string_view(found->second);
}

std::size_t Event::octets() const {
    constexpr std::size_t kRecipient = 400;  // addresses, the last outcome
    std::size_t octets = sizeof(Event) + transcript.size();
    for (const auto& [field, text] : fields) {
        octets += sizeof(fields.front()) + text.size();
    }
    if (envelope != nullptr) {
        octets += sizeof(queue::Envelope) + envelope->recipients.size() * kRecipient;
    }
    return octets;
}

std::string_view name(Kind kind) {
    switch (kind) {
        case Kind::Accepted:
            return "accepted";
        case Kind::Held:
            return "held";
        case Kind::Released:
            return "released";
        case Kind::Attempt:
            return "attempt";
        case Kind::Delivered:
            return "delivered";
        case Kind::Deferred:
            return "deferred";
        case Kind::Bounced:
            return "bounced";
        case Kind::Expired:
            return "expired";
        case Kind::Deleted:
            return "deleted";
        case Kind::Notice:
            return "notice";
        case Kind::SignedAgain:
            return "signed-again";
        case Kind::Retried:
            return "retried";
        case Kind::Finished:
            return "finished";
        case Kind::Exported:
            return "exported";
        case Kind::Imported:
            return "imported";
    }
    return {};
}

std::string_view name(Field field) {
    switch (field) {
        case Field::Client:
            return "client";
        case Field::User:
            return "user";
        case Field::Tls:
            return "tls";
        case Field::From:
            return "from";
        case Field::To:
            return "to";
        case Field::Recipients:
            return "recipients";
        case Field::Size:
            return "size";
        case Field::Signed:
            return "signed";
        case Field::Before:
            return "before";
        case Field::Reason:
            return "reason";
        case Field::By:
            return "by";
        case Field::Site:
            return "site";
        case Field::Host:
            return "host";
        case Field::Ip:
            return "ip";
        case Field::Took:
            return "took_ms";
        case Field::Outcome:
            return "outcome";
        case Field::Reply:
            return "reply";
        case Field::Delay:
            return "delay";
        case Field::Next:
            return "next";
        case Field::Report:
            return "report";
        case Field::About:
            return "about";
    }
    return {};
}

}  // namespace relay::history
