// MessageId: a queue id, ordered by time, unique across relays, fit for a rowid; and the
// clockwork that gives them out.
//
// 63 bits: 42 of milliseconds since 2024-01-01, 10 of node, 11 of sequence. Written as 13
// characters of base32 (digits and lower-case letters without i, l, o, u), which sort as the
// numbers do.
//
// Threads: MessageId is a value. IdSource is not safe; its owner locks.
#pragma once

#include <compare>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "conf/config.h"

namespace queue {

using conf::Duration;
using conf::Instant;
using NodeId = std::uint16_t;  // 0 to 1023

class MessageId {
public:
    MessageId() = default;
    explicit MessageId(std::int64_t number) : number_(number) {}
    /// 13 characters; case is ignored. Nothing for any other text.
    static std::optional<MessageId> parse(std::string_view text);
    [[nodiscard]] std::int64_t number() const { return number_; }
    [[nodiscard]] std::string text() const;
    [[nodiscard]] Instant time() const;
    auto operator<=>(const MessageId&) const = default;

private:
    std::int64_t number_ = 0;
};

class IdSource {
public:
    /// `last` is the highest id ever stored: no id at or below it is given, whatever the clock
    /// says.
    IdSource(NodeId node, MessageId last) : node_(node), last_(last) {}
    /// Always greater than every id before it. When the clock stands still or goes back, or 2,048
    /// ids were taken in one millisecond, the time part runs ahead of `now`.
    MessageId next(Instant now);

private:
    NodeId node_;
    MessageId last_;
};

}  // namespace queue

template <>
struct std::hash<queue::MessageId> {
    std::size_t operator()(const queue::MessageId& id) const noexcept {
        return std::hash<std::int64_t>{}(id.number());
    }
};
