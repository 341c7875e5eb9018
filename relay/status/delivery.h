// Delivery: in one word whether mail leaves as it should, and why not.
//
// Holding:  the store has stopped, sending is paused, mail is held, or the gate would hold it.
// Degraded: mail leaves, but receivers would distrust some of it, a key cannot be used, or the disk
//           is nearly full.
//
// Threads: no state.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "relay/status/snapshot.h"

namespace relay::status {

struct Delivery {
    enum class State : std::uint8_t { Ok = 0, Degraded = 1, Holding = 2 };  // as in the metrics

    State state = State::Ok;
    std::vector<std::string> reasons;  // at most kMaxReasons, and then how many more there are

    static constexpr std::size_t kMaxReasons = 20;
};

std::string_view name_of(Delivery::State state);

Delivery judge_delivery(const Snapshot& snapshot);

}  // namespace relay::status
