#include "relay/steady_wall.h"

#include <gtest/gtest.h>

#include "tests/support/test_clock.h"

namespace {

using namespace std::chrono_literals;
using relay::SteadyWall;
using support::TestClock;
using Queue = SteadyWall::Queue;

/// A look a second for `time`. What was told of jumps.
std::vector<conf::Duration> turn(TestClock& clock,
                                 SteadyWall& steady,
                                 std::chrono::seconds time,
                                 Queue queue = Queue::Waits) {
    std::vector<conf::Duration> jumps;
    for (auto passed = 0s; passed < time; ++passed) {
        clock.pass(1s);
        if (const auto jump = steady.follow(queue)) {
            jumps.push_back(*jump);
        }
    }
    return jumps;
}

TEST(SteadyWall, IsTheWallClock) {
    TestClock clock;
    SteadyWall steady(clock.clocks());
    EXPECT_EQ(steady.now(), clock.wall());
    EXPECT_TRUE(turn(clock, steady, 100s).empty());
    EXPECT_EQ(steady.now(), clock.wall());
    clock.pass(1500ms);
    EXPECT_EQ(steady.now(), clock.wall()) << "also between two looks";
}

TEST(SteadyWall, FollowsWhatATimeServiceDoes) {
    TestClock clock;
    SteadyWall steady(clock.clocks());
    for (const auto step : {60000ms, -60000ms, 3ms, -200ms}) {
        clock.set_by(step);
        EXPECT_TRUE(turn(clock, steady, 1s).empty());
        EXPECT_EQ(steady.now(), clock.wall());
    }
}

TEST(SteadyWall, TakesAJumpAtATenthOfThePaceOfTime) {
    for (const auto jump : {conf::Duration(1h), conf::Duration(-1h)}) {
        TestClock clock;
        SteadyWall steady(clock.clocks());
        const auto before = steady.now();
        clock.set_by(jump);
        EXPECT_EQ(steady.now(), before);
        EXPECT_EQ(turn(clock, steady, 100s), std::vector{jump}) << "told once";
        EXPECT_EQ(steady.now(), before + 100s + (jump > 0ms ? 10s : -10s));
        turn(clock, steady, 10h - 100s);
        EXPECT_EQ(steady.now(), clock.wall());
        clock.set_by(5s);
        EXPECT_TRUE(turn(clock, steady, 1s).empty());
        EXPECT_EQ(steady.now(), clock.wall()) << "it follows again";
    }
}

TEST(SteadyWall, NeverGoesBack) {
    TestClock clock;
    SteadyWall steady(clock.clocks());
    clock.set_by(-24h);
    auto last = steady.now();
    for (int i = 0; i < 1000; ++i) {
        turn(clock, steady, 1s);
        EXPECT_GT(steady.now(), last);
        last = steady.now();
    }
}

TEST(SteadyWall, TellsOfAnotherJumpWhileItCatchesUp) {
    TestClock clock;
    SteadyWall steady(clock.clocks());
    clock.set_by(1h);
    turn(clock, steady, 10s);
    clock.set_by(-1h);
    EXPECT_EQ(turn(clock, steady, 20s), std::vector{conf::Duration(-1h)});
    EXPECT_EQ(steady.now(), clock.wall());
}

TEST(SteadyWall, TakesTheWallClocksTimeWhenNothingWaits) {
    TestClock clock;
    SteadyWall steady(clock.clocks());
    clock.set_by(24h * 365);
    EXPECT_EQ(turn(clock, steady, 1s, Queue::Empty).size(), 1U);
    EXPECT_EQ(steady.now(), clock.wall());
    clock.set_by(-24h);
    turn(clock, steady, 5s);
    EXPECT_NE(steady.now(), clock.wall());
    EXPECT_TRUE(turn(clock, steady, 1s, Queue::Empty).empty()) << "told before";
    EXPECT_EQ(steady.now(), clock.wall());
}

TEST(SteadyWall, ASuspendedMachineIsNoJump) {
    TestClock clock;
    SteadyWall steady(clock.clocks());
    clock.pass(8h);
    EXPECT_FALSE(steady.follow(Queue::Waits));
    EXPECT_EQ(steady.now(), clock.wall());
}

TEST(SteadyWall, OfTheMachineGoes) {
    const SteadyWall steady;
    const auto wall = SteadyWall::real().wall();
    EXPECT_LT(std::chrono::abs(steady.now() - wall), 10s);
}

}  // namespace
