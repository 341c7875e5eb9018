// events: happenings to tell of.
#pragma once

#include <memory>
#include <string>
#include <utility>

#include "relay/history/event.h"

namespace relay::history {

inline constexpr conf::Instant kNoon{std::chrono::sys_days(std::chrono::year(2026) / 11 / 22) +
                                     std::chrono::hours(12)};

/// An id that was given at `time`.
inline queue::MessageId id_at(conf::Instant time) {
    return queue::IdSource(1, {}).next(time);
}

inline Event event(queue::MessageId id, Kind kind, std::string reason = {}) {
    Event made;
    made.id = id;
    made.time = kNoon;
    made.kind = kind;
    if (!reason.empty()) {
        made.add(Field::Reason, std::move(reason));
    }
    return made;
}

inline Event attempt(queue::MessageId id, std::size_t octets, char letter = 'x') {
    Event made = event(id, Kind::Attempt);
    made.transcript.assign(octets, letter);
    return made;
}

inline Event finished(queue::MessageId id, conf::Instant time) {
    auto envelope = std::make_shared<queue::Envelope>();
    envelope->id = id;
    queue::Recipient recipient;
    recipient.address = *queue::Address::parse("user@example.net");
    recipient.state = queue::Recipient::State::Delivered;
    recipient.last = queue::Outcome{queue::Outcome::Kind::Delivered,
                                    {2, 0, 0},
                                    "250 taken",
                                    "mx.example.net",
                                    "192.0.2.1",
                                    true};
    envelope->recipients.push_back(recipient);
    Event made = event(id, Kind::Finished);
    made.time = time;
    made.envelope = std::move(envelope);
    return made;
}

}  // namespace relay::history
