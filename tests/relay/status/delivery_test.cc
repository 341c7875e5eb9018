#include "relay/status/delivery.h"

#include <gtest/gtest.h>

#include "tests/relay/status/made_up.h"

namespace relay::status {
namespace {

using State = Delivery::State;

TEST(Delivery, IsOkWhenNothingIsWrong) {
    const auto delivery = judge_delivery(quiet());
    EXPECT_EQ(delivery.state, State::Ok);
    EXPECT_TRUE(delivery.reasons.empty());
}

TEST(Delivery, IsOkWithWarningsAndUnknowns) {
    auto snapshot = quiet();
    snapshot.findings["example.com"].push_back(
        finding("dmarc", "example.com", check::Verdict::Warn));
    snapshot.findings[""].push_back(finding("helo", "x", check::Verdict::Unknown));
    EXPECT_EQ(judge_delivery(snapshot).state, State::Ok);
}

TEST(Delivery, HoldsForABlockThatIsEnforced) {
    auto snapshot = quiet();
    snapshot.findings[""] = {finding("ptr", "192.0.2.1", check::Verdict::Block, "no PTR record")};
    const auto delivery = judge_delivery(snapshot);
    EXPECT_EQ(delivery.state, State::Holding);
    EXPECT_EQ(delivery.reasons, std::vector<std::string>{"ptr of 192.0.2.1: no PTR record"});
}

TEST(Delivery, IsDegradedByABlockThatOnlyWarns) {
    auto snapshot = quiet();
    snapshot.check_mode = conf::CheckMode::Warn;
    snapshot.findings[""] = {finding("ptr", "192.0.2.1", check::Verdict::Block)};
    EXPECT_EQ(judge_delivery(snapshot).state, State::Degraded);
    snapshot.check_mode = conf::CheckMode::Off;
    EXPECT_EQ(judge_delivery(snapshot).state, State::Ok);
}

TEST(Delivery, HoldsWhileMailIsHeldWithEachReasonOnce) {
    auto snapshot = quiet();
    snapshot.queue.held = {{"ptr of 192.0.2.1: no PTR record", 3}, {"first verdict", 1}};
    snapshot.findings[""] = {finding("ptr", "192.0.2.1", check::Verdict::Block, "no PTR record")};
    const auto delivery = judge_delivery(snapshot);
    EXPECT_EQ(delivery.state, State::Holding);
    EXPECT_EQ(delivery.reasons.size(), 2U);
}

TEST(Delivery, HoldsWhileSendingIsPaused) {
    auto snapshot = quiet();
    const auto pause = Pause::of_domain("example.net").value();
    snapshot.paused = {{pause, kNoon}};
    snapshot.queue.held = {{pause.reason(), 3}};
    const auto delivery = judge_delivery(snapshot);
    EXPECT_EQ(delivery.state, State::Holding);
    EXPECT_EQ(delivery.reasons,
              std::vector<std::string>{"sending is paused by a person (domain example.net)"});
}

TEST(Delivery, HoldsWhenTheStoreHasStopped) {
    auto snapshot = quiet();
    snapshot.latched = "fsync failed";
    const auto delivery = judge_delivery(snapshot);
    EXPECT_EQ(delivery.state, State::Holding);
    EXPECT_EQ(delivery.reasons.front(), "the store has stopped: fsync failed");
}

TEST(Delivery, IsDegradedByAKeyOrTheDisk) {
    auto snapshot = quiet();
    snapshot.selectors.push_back(selector_report("old", dkim::SelectorState::Unusable));
    EXPECT_EQ(judge_delivery(snapshot).state, State::Degraded);
    snapshot.selectors.back().state = dkim::SelectorState::Withdrawn;
    EXPECT_EQ(judge_delivery(snapshot).state, State::Degraded);
    snapshot.selectors.back().state = dkim::SelectorState::Retiring;
    EXPECT_EQ(judge_delivery(snapshot).state, State::Ok);
    snapshot = quiet();
    snapshot.free_octets = snapshot.min_free_disk - 1;
    EXPECT_EQ(judge_delivery(snapshot).state, State::Degraded);
}

TEST(Delivery, IsHoldingWhileADomainHasNoProvenSelector) {
    auto snapshot = quiet();
    snapshot.unproven = {"no selector of example.com is proven: 2026a: there is no record"};
    const auto delivery = judge_delivery(snapshot);
    EXPECT_EQ(delivery.state, State::Holding);
    EXPECT_EQ(delivery.reasons, snapshot.unproven);
}

TEST(Delivery, BoundsItsReasons) {
    auto snapshot = quiet();
    for (int i = 0; i < 50; ++i) {
        snapshot.queue.held["reason " + std::to_string(i)] = 1;
    }
    const auto delivery = judge_delivery(snapshot);
    ASSERT_EQ(delivery.reasons.size(), Delivery::kMaxReasons + 1);
    EXPECT_EQ(delivery.reasons.back(), "and 30 more");
}

}  // namespace
}  // namespace relay::status
