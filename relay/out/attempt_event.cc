#include "relay/out/attempt_event.h"

#include <algorithm>
#include <string>

namespace relay::out {

namespace {

std::string word(queue::Outcome::Kind kind) {
    switch (kind) {
        case queue::Outcome::Kind::Delivered:
            return "delivered ";
        case queue::Outcome::Kind::Deferred:
            return "deferred ";
        case queue::Outcome::Kind::Failed:
            return "failed ";
    }
    return {};
}

struct Told {
    const queue::Outcome* outcome;
    std::string to;
    std::size_t count = 0;
};

}  // namespace

history::Event attempt_event(const queue::Attempt& attempt,
                             const queue::Envelope& envelope,
                             const std::vector<queue::Outcome>& outcomes,
                             queue::Instant now) {
    history::Event event;
    event.id = attempt.id;
    event.time = now;
    event.kind = history::Kind::Attempt;
    event.add(history::Field::Site, attempt.site);
    const auto reached = std::find_if(
        outcomes.begin(), outcomes.end(), [](const auto& one) { return !one.host.empty(); });
    if (reached != outcomes.end()) {
        event.add(history::Field::Host, reached->host).add(history::Field::Ip, reached->ip);
    }
    std::vector<Told> all;
    for (std::size_t i = 0; i < outcomes.size() && i < envelope.recipients.size(); ++i) {
        const auto& outcome = outcomes[i];
        auto same = std::find_if(all.begin(), all.end(), [&outcome](const Told& told) {
            return told.outcome->kind == outcome.kind && told.outcome->text == outcome.text;
        });
        if (same == all.end()) {
            if (all.size() == kOutcomesTold) {
                continue;
            }
            same = all.insert(all.end(), Told{&outcome, {}, 0});
        }
        if (same->count++ < kRecipientsTold) {
            same->to += (same->to.empty() ? "" : ", ") + envelope.recipients[i].address.text();
        }
    }
    for (Told& told : all) {
        if (told.count > kRecipientsTold) {
            told.to += " and " + std::to_string(told.count - kRecipientsTold) + " more";
        }
        event.add(history::Field::Outcome,
                  word(told.outcome->kind) + told.to + ": " + told.outcome->text);
    }
    return event;
}

}  // namespace relay::out
