#include "relay/memory_budget.h"

#include <chrono>
#include <future>
#include <optional>

#include <gtest/gtest.h>

namespace {

using namespace std::chrono_literals;
using relay::MemoryBudget;
using Reservation = MemoryBudget::Reservation;

class MemoryBudgetTest : public testing::Test {
protected:
    MemoryBudgetTest() { loops_.start(); }
    ~MemoryBudgetTest() override {
        loops_.stop();
        loops_.join();
    }

    std::future<Reservation> ask(std::size_t octets, conf::Duration patience) {
        auto answer = std::make_shared<std::promise<Reservation>>();
        loops_.first().spawn("ask", wait(octets, patience, answer));
        return answer->get_future();
    }

    relay::net::Task<> wait(std::size_t octets,
                            conf::Duration patience,
                            std::shared_ptr<std::promise<Reservation>> answer) {
        answer->set_value(co_await budget_.reserve(loops_.first(), octets, patience));
    }

    /// Nobody is served at once while somebody waits.
    void until_somebody_waits() {
        while (budget_.try_reserve(0)) {
        }
    }

    MemoryBudget budget_{100};
    relay::net::Loops loops_{1};
};

TEST_F(MemoryBudgetTest, GivesWhatThereIsAndTakesItBack) {
    {
        const auto first = budget_.try_reserve(60);
        ASSERT_TRUE(first);
        EXPECT_FALSE(budget_.try_reserve(60));
        EXPECT_TRUE(budget_.try_reserve(40));
        EXPECT_EQ(budget_.used(), 60U);
    }
    EXPECT_EQ(budget_.used(), 0U);
    EXPECT_TRUE(budget_.try_reserve(100));
}

TEST_F(MemoryBudgetTest, LetsOneMessageInHoweverSmallItIs) {
    const auto large = budget_.try_reserve(1000);
    EXPECT_TRUE(large);
    EXPECT_FALSE(budget_.try_reserve(1));
}

TEST_F(MemoryBudgetTest, ServesThoseWhoWaitInTheirOrder) {
    std::optional<Reservation> held = budget_.try_reserve(100);
    auto large = ask(80, 1min);
    until_somebody_waits();
    auto small = ask(20, 1min);
    EXPECT_EQ(large.wait_for(0ms), std::future_status::timeout);
    held.reset();
    EXPECT_TRUE(large.get());
    EXPECT_TRUE(small.get());
}

TEST_F(MemoryBudgetTest, GivesUpAfterTheirPatience) {
    const auto held = budget_.try_reserve(100);
    EXPECT_FALSE(ask(10, 1ms).get());
    EXPECT_EQ(budget_.used(), 100U);
}

TEST_F(MemoryBudgetTest, GrowsAtOnceOrNotAtAll) {
    auto first = budget_.try_reserve(50);
    EXPECT_TRUE(first.grow(30));
    EXPECT_FALSE(first.grow(30));
    EXPECT_EQ(budget_.used(), 80U);
    auto waiting = ask(40, 1min);
    until_somebody_waits();
    EXPECT_FALSE(first.grow(1)) << "somebody waits to begin";
    first = Reservation();
    EXPECT_TRUE(waiting.get());
}

TEST_F(MemoryBudgetTest, GrowsByConfiguration) {
    const auto held = budget_.try_reserve(100);
    auto waiting = ask(10, 1min);
    budget_.reconfigure(110);
    EXPECT_TRUE(waiting.get());
}

TEST_F(MemoryBudgetTest, EndsEveryWaitWhenItStops) {
    const auto held = budget_.try_reserve(100);
    auto waiting = ask(10, 1min);
    until_somebody_waits();
    budget_.stop();
    EXPECT_FALSE(waiting.get());
    EXPECT_FALSE(ask(10, 1min).get());
}

}  // namespace
