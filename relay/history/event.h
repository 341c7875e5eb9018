// Event: something that happened to a message; Story: all that is known to have happened to one.
//
// What an event has to say stands in named texts, for people: nothing is decided by them.
//
// Threads: values.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "queue/envelope.h"

namespace relay::history {

/// Stored as numbers: they keep theirs for ever.
enum class Kind : std::uint8_t {
    Accepted = 1,
    Held = 2,
    Released = 3,
    Attempt = 4,  // one that was not a success throughout
    Delivered = 5,
    Deferred = 6,
    Bounced = 7,
    Expired = 8,
    Deleted = 9,
    Notice = 10,  // a report to the sender was made
    SignedAgain = 11,
    Retried = 12,   // by a person
    Finished = 13,  // the last one; carries the envelope as it ended
    Exported = 14,  // it went to another relay, by a folder
    Imported = 15   // ... and came from there
};

/// Stored as numbers, too.
enum class Field : std::uint8_t {
    Client = 1,
    User = 2,
    Tls = 3,
    From = 4,
    To = 5,
    Recipients = 6,  // how many, where `to` does not name them all
    Size = 7,
    Signed = 8,
    Before = 9,  // the signature that was replaced
    Reason = 10,
    By = 11,  // who did it: "a person"
    Site = 12,
    Host = 13,
    Ip = 14,
    Took = 15,     // milliseconds
    Outcome = 16,  // of some recipients, in a sentence; may stand more than once
    Reply = 17,
    Delay = 18,   // seconds since it was accepted
    Next = 19,    // milliseconds since 1970
    Report = 20,  // the id of the report
    About = 21    // the id of the message that a report is about
};

struct Event {
    queue::MessageId id;
    queue::Instant time{};
    Kind kind = Kind::Accepted;
    std::vector<std::pair<Field, std::string>> fields;
    std::string transcript;                           // of Attempt; lines that end with LF
    std::shared_ptr<const queue::Envelope> envelope;  // of Finished
    bool operator==(const Event&) const = default;

    Event& add(Field field, std::string value) {
        fields.emplace_back(field, std::move(value));
        return *this;
    }
    /// The first one of that name; empty where there is none.
    [[nodiscard]] std::string_view value(Field field) const;
    /// What it takes in memory, about.
    [[nodiscard]] std::size_t octets() const;
};

struct Story {
    std::vector<Event> events;  // in order, without Finished
    std::size_t left_out = 0;   // batches of events between the first ones and the last ones
    std::shared_ptr<const queue::Envelope> finished;  // as it ended; unset while it goes on
};

/// "accepted", "signed-again": the words of the log.
std::string_view name(Kind kind);
std::string_view name(Field field);

}  // namespace relay::history
