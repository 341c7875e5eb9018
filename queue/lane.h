// Lane: which of three a stored message is in, and how the store's rows say so.
//
// The column `lane` is NULL for a fresh message, which is active and thereby in no index; 0 for a
// waiting one, sorted by its due time there; the message's own id for a held one, so that the same
// index lists held mail in order of id; -1 for one that was taken from there and is active again,
// so that the next start finds it.
//
// Threads: values.
#pragma once

#include <cstdint>
#include <optional>

#include "queue/envelope.h"

namespace queue {

enum class Lane : std::uint8_t { Active, Waiting, Held };

inline Lane lane_of(const Envelope& envelope, const std::optional<Instant>& due) {
    if (!envelope.hold.reason.empty()) {
        return Lane::Held;
    }
    return due ? Lane::Waiting : Lane::Active;
}

constexpr std::int64_t kTaken = -1;

/// `fresh`: it was active ever since it came.
inline std::optional<std::int64_t> lane_column(Lane lane, MessageId id, bool fresh) {
    switch (lane) {
        case Lane::Active:
            return fresh ? std::nullopt : std::optional(kTaken);
        case Lane::Waiting:
            return 0;
        case Lane::Held:
            return id.number();
    }
    return std::nullopt;
}

inline Lane lane_from_column(const std::optional<std::int64_t>& column) {
    if (!column || *column == kTaken) {
        return Lane::Active;
    }
    return *column == 0 ? Lane::Waiting : Lane::Held;
}

inline std::optional<std::int64_t> due_column(const std::optional<Instant>& due) {
    return due ? std::optional(due->time_since_epoch().count()) : std::nullopt;
}

inline std::optional<Instant> due_from_column(const std::optional<std::int64_t>& column) {
    return column ? std::optional(Instant(Duration(*column))) : std::nullopt;
}

}  // namespace queue
