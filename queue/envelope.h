// Envelope: who sent a message, who is to get it, and how far each of them has come.
//
// Standards: RFC 5321 2.3.1 (envelope), RFC 6152 (BODY), RFC 3461 (RET, ENVID and what a recipient
//   carries of it), RFC 6531 (SMTPUTF8), RFC 8689 (REQUIRETLS).
// Threads: values; a message is owned by one object at a time.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "queue/address.h"
#include "queue/dsn_request.h"
#include "queue/message_id.h"
#include "queue/outcome.h"

namespace queue {

enum class BodyKind : std::uint8_t { SevenBit, EightBitMime };

struct Recipient {
    enum class State : std::uint8_t { Waiting, Delivered, Failed, Expired, Deleted };

    Address address;
    State state = State::Waiting;
    int attempts = 0;             // that ended in an Outcome
    Instant due{};                // next attempt; meaningful while Waiting
    std::optional<Outcome> last;  // of the latest attempt
    DsnRequest dsn;
    bool operator==(const Recipient&) const = default;

    [[nodiscard]] bool is_open() const { return state == State::Waiting; }
    /// Delivered, but not closed: the sender is owed the report that it asked for. Nothing is tried
    /// any more.
    [[nodiscard]] bool awaits_report() const {
        return is_open() && last && last->kind == Outcome::Kind::Delivered;
    }
};

/// Why a message waits although it is due. Empty reason: nothing holds it.
struct Hold {
    std::string reason;  // for people: "PTR of 192.0.2.1 is absent (example.com)"
    Instant since{};
    bool person = false;  // somebody's own decision: neither the gate nor expiry ends it
    bool operator==(const Hold&) const = default;
};

/// What all recipients of a message have in common.
struct EnvelopeHead {
    MessageId id;
    Address sender;
    BodyKind body = BodyKind::SevenBit;
    Instant accepted{};
    std::string client;         // "192.0.2.7" or "local"
    std::string author_domain;  // of the From: field; what the gate judges
    std::string signed_by;      // "example.com/2026a" or two, joined by a comma
    std::uint64_t size = 0;     // octets on the wire, signatures included
    Hold hold;
    ReturnedPart ret = ReturnedPart::Unset;
    std::string envelope_id;  // ENVID in xtext, as received; empty where it was not given
    bool utf8 = false;        // the client said SMTPUTF8
    /// ... and its header has text beyond ASCII (RFC 6532). Such text of a client that did not say
    /// so is 8-bit, no more.
    bool utf8_header = false;
    bool require_tls = false;  // the client said REQUIRETLS: never a hop in the clear
    bool delay_told = false;   // the sender knows that it takes longer (RFC 3461 delayed)
    bool operator==(const EnvelopeHead&) const = default;
};

struct Envelope : EnvelopeHead {
    std::vector<Recipient> recipients;  // at least one
    bool operator==(const Envelope&) const = default;

    /// At least one recipient still waits.
    [[nodiscard]] bool is_open() const;
    /// The earliest due time of those that wait; Instant::max() when none does.
    [[nodiscard]] Instant due() const;
};

}  // namespace queue
