// TestClock: a wall clock and a steady count that go only when a test says so.
#pragma once

#include <atomic>
#include <memory>

#include "relay/steady_wall.h"

namespace support {

class TestClock {
public:
    /// Begins now, so that times of other clocks are near.
    TestClock()
        : wall_(std::make_shared<Count>(
              relay::SteadyWall::real().wall().time_since_epoch().count())) {}

    void pass(conf::Duration time) {
        *wall_ += time.count();
        *steady_ += time.count();
    }
    /// Somebody sets the wall clock.
    void set_by(conf::Duration time) { *wall_ += time.count(); }
    [[nodiscard]] conf::Instant wall() const { return conf::Instant(conf::Duration(*wall_)); }

    [[nodiscard]] relay::SteadyWall::Clocks clocks() const {
        return {[wall = wall_] { return conf::Instant(conf::Duration(*wall)); },
                [steady = steady_] { return conf::Duration(*steady); }};
    }

private:
    using Count = std::atomic<conf::Duration::rep>;
    std::shared_ptr<Count> wall_;
    std::shared_ptr<Count> steady_ = std::make_shared<Count>(5000);
};

}  // namespace support
