// StoreCheck: reads every message of a store and compares it with what was stored: the envelope can
// be decoded, the content is there, its body has the length and the hash that it came with, and the
// sizes agree.
//
// Goes in steps, so that whoever makes them can do something else in between: a page of envelopes
// and one chunk of a body are in memory at a time.
//
// Threads: one owner at a time. It reads alone; a relay may write meanwhile: what goes while it is
//   read is not damaged.
// Errors:  a store that cannot be read any further; what is wrong with a message is a finding.
#pragma once

#include <chrono>
#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <vector>

#include "queue/store.h"
#include "relay/body_digest.h"

namespace relay::status {

class StoreCheck {
public:
    static constexpr std::chrono::milliseconds kStep{50};
    static constexpr std::size_t kMaxListed = 1000;

    struct Damage {
        queue::MessageId id;
        std::string what;
        bool operator==(const Damage&) const = default;
    };

    explicit StoreCheck(queue::Store& store, std::chrono::milliseconds step = kStep)
        : store_(store), step_(step) {}

    /// Reads on for as long as a step takes, at least one chunk. False: all is read.
    conf::Result<bool> step();

    /// Messages that were read to their end, damaged ones included.
    [[nodiscard]] std::uint64_t checked() const { return checked_; }
    [[nodiscard]] std::uint64_t damaged() const { return damaged_; }
    /// The first kMaxListed of them, in order of id.
    [[nodiscard]] const std::vector<Damage>& list() const { return list_; }

private:
    /// A body that is being read.
    struct Body {
        Body(queue::MessageId of, const queue::Content& content);
        queue::MessageId id;
        int parts;  // rows; 1 where it lies with its message
        int next = 0;
        std::uint64_t octets = 0;
        std::uint64_t expected;
        BodyCheck hash;
    };

    conf::Result<void> read_page();
    conf::Result<void> begin(queue::MessageId id);
    conf::Result<void> read_part();
    void end(queue::MessageId id, std::string what);
    /// The message ends here unless it has gone meanwhile.
    conf::Result<void> end_unless_gone(queue::MessageId id, std::string what);

    queue::Store& store_;
    std::chrono::milliseconds step_;
    std::optional<queue::MessageId> from_ = queue::MessageId(0);
    std::deque<queue::MessageId> to_read_;
    std::optional<Body> body_;
    std::uint64_t checked_ = 0;
    std::uint64_t damaged_ = 0;
    std::vector<Damage> list_;
};

/// {"checked": 12, "damaged": [{"id": ..., "what": ...}], "damaged_in_all": 1}
std::string check_page(const StoreCheck& check);

}  // namespace relay::status
