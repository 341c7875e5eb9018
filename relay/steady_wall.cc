#include "relay/steady_wall.h"

#include <algorithm>
#include <ctime>
#include <utility>

#include "relay/clock.h"

namespace relay {

SteadyWall::Clocks SteadyWall::real() {
    return {[] { return wall_clock(); },
            []() -> conf::Duration {
                timespec time{};
                clock_gettime(CLOCK_BOOTTIME, &time);
                return std::chrono::floor<conf::Duration>(std::chrono::seconds(time.tv_sec) +
                                                          std::chrono::nanoseconds(time.tv_nsec));
            }};
}

SteadyWall::SteadyWall(Clocks clocks) : clocks_(std::move(clocks)), looked_(clocks_.steady()) {
    offset_ = (clocks_.wall().time_since_epoch() - looked_).count();
}

conf::Instant SteadyWall::now() const {
    return conf::Instant(clocks_.steady() + conf::Duration(offset_.load()));
}

std::optional<conf::Duration> SteadyWall::follow(Queue queue) {
    const conf::Duration count = clocks_.steady();
    const conf::Duration passed = count - std::exchange(looked_, count);
    const conf::Duration offset(offset_.load());
    const conf::Duration behind = clocks_.wall().time_since_epoch() - (count + offset);
    const conf::Duration jump = behind - behind_;
    const bool jumped = std::chrono::abs(jump) > kJump;
    catching_up_ = catching_up_ || jumped;
    conf::Duration step = behind;
    if (catching_up_ && queue == Queue::Waits) {
        step = std::clamp(behind, -passed / kPace, passed / kPace);
    }
    offset_ = (offset + step).count();
    behind_ = behind - step;
    catching_up_ = behind_ != conf::Duration::zero();
    return jumped ? std::optional(jump) : std::nullopt;
}

}  // namespace relay
