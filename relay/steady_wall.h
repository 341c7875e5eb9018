// SteadyWall: the time of the queue: the wall clock without its jumps.
//
// It follows the wall clock closely, as long as that moves as a time service moves it. A jump (more
// than kJump between two looks) is taken at a tenth of the pace of time: retries come and lives
// end at most a tenth sooner or later than they should, so a clock set wrong, or set right, lets
// nothing expire and brings no storm of retries. What is stored is told by this clock, and is the
// wall clock's time again once the jump is made up for.
//
// With an empty queue there is nothing to protect, and the wall clock's time is taken at once. A
// start takes it, too: what passed while the relay did not run cannot be known.
//
// A suspended machine is no jump: the count goes on (CLOCK_BOOTTIME) as the wall clock does.
//
// Threads: now() from any; follow() from one.
// Errors:  none.
#pragma once

#include <atomic>
#include <functional>
#include <optional>

#include "conf/config.h"

namespace relay {

class SteadyWall {
public:
    static constexpr std::chrono::seconds kJump{60};
    static constexpr int kPace = 10;  // a jump of an hour is made up for in ten

    struct Clocks {
        std::function<conf::Instant()> wall;
        std::function<conf::Duration()> steady;  // since whenever; goes on through a suspend
    };
    /// The machine's.
    static Clocks real();

    explicit SteadyWall(Clocks clocks = real());

    [[nodiscard]] conf::Instant now() const;

    enum class Queue { Empty, Waits };
    /// Looks at the wall clock; to be called every second or so. By how much it jumped since the
    /// look before, told once.
    std::optional<conf::Duration> follow(Queue queue);

private:
    const Clocks clocks_;
    std::atomic<conf::Duration::rep> offset_;  // now() is the steady count and this

    // Of follow() alone.
    conf::Duration looked_;  // the count at the last look
    conf::Duration behind_{};
    bool catching_up_ = false;
};

}  // namespace relay
