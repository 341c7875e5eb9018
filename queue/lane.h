// Lane: which of three a stored message is in, and how the store's rows say so.
//
// The column `lane` is NULL for an active message, which thereby is in no index; 0 for a waiting
// one, sorted by its due time there; the message's own id for a held one, so that the same index
// lists held mail in order of id.
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

inline std::optional<std::int64_t> lane_column(Lane lane, MessageId id) {
    switch (lane) {
        case Lane::Active:
            return std::nullopt;
        case Lane::Waiting:
            return 0;
        case Lane::Held:
            return id.number();
    }
    return std::nullopt;
}

inline Lane lane_from_column(const std::optional<std::int64_t>& column) {
    if (!column) {
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
