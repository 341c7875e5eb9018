// Failures of one message share a report, and one sender gets so many.
#include <chrono>

#include <gtest/gtest.h>

#include "tests/support/sent_message.h"
#include "tests/support/test_clock.h"

namespace {

using namespace std::chrono_literals;
using support::eventually;
using support::outcome;
using support::RelayStage;
using support::TestClock;
using Sent = support::SentMessage;
using Kind = queue::Outcome::Kind;
using Positions = std::vector<int>;

const queue::Outcome kDelivered = outcome(Kind::Delivered, {2, 0, 0});
const queue::Outcome kDeferred = outcome(Kind::Deferred, {4, 2, 0});
const queue::Outcome kFailed = outcome(Kind::Failed, {5, 1, 1});

relay::SpoolTerms terms_of(const TestClock& clock) {
    relay::SpoolTerms terms;
    terms.clocks = clock.clocks();
    return terms;
}

struct Stage {
    TestClock clock;
    RelayStage relay;

    explicit Stage(const std::string& tables = "[queue]\nretry = [\"10m\"]\n")
        : relay(tables, conf::CheckMode::Off, terms_of(clock)) {}
    void start() { relay.spool->start(relay.loops->first()); }
    void restart() {
        relay.close();
        relay.notices.clear();
        clock.pass(10s);
        relay.open();
        start();
    }
};

TEST(SpoolGather, FailuresOfOneMessageShareAReport) {
    Stage stage;
    const Sent sent(stage.relay, {"a@one.test", "b@two.test", "c@three.test"});
    auto slow = sent.lease("two.test");
    ASSERT_TRUE(slow);
    sent.settle("one.test", {kFailed});
    EXPECT_EQ(sent.notices(), 0U) << "others are tried";
    sent.settle("three.test", {kDelivered});
    EXPECT_EQ(sent.stored(2).state, queue::Recipient::State::Delivered) << "committed at once";
    stage.relay.spool->settle(std::move(*slow), {kFailed});
    ASSERT_EQ(sent.notices(), 1U) << "all have ended";
    EXPECT_EQ(sent.notice().failed, (Positions{0, 1}));
    sent.report();
    EXPECT_FALSE(sent.stored());
    EXPECT_EQ(sent.notices(), 1U);
}

TEST(SpoolGather, FailureIsToldAfterAMinuteAlthoughAnAttemptIsUnderWay) {
    Stage stage;
    stage.start();
    const Sent sent(stage.relay, {"a@one.test", "b@two.test"});
    auto slow = sent.lease("two.test");
    ASSERT_TRUE(slow);
    sent.settle("one.test", {kFailed});
    EXPECT_EQ(sent.notices(), 0U);
    stage.clock.pass(60s);
    ASSERT_TRUE(eventually([&] { return sent.notices() == 1; }));
    EXPECT_EQ(sent.notice().failed, Positions{0});
    sent.report();
    stage.relay.spool->settle(std::move(*slow), {kFailed});
    ASSERT_EQ(sent.notices(), 2U);
    EXPECT_EQ(sent.notice(1).failed, Positions{1});
    sent.report(1);
    EXPECT_FALSE(sent.stored());
}

TEST(SpoolGather, FailureIsToldAtOnceWhenNothingElseIsTriedSoon) {
    Stage stage;
    const Sent sent(stage.relay, {"a@one.test", "b@one.test"});
    sent.settle("one.test", {kFailed, kDeferred});
    ASSERT_EQ(sent.notices(), 1U);
    EXPECT_EQ(sent.notice().failed, Positions{0});
    sent.report();
    EXPECT_TRUE(sent.whole().due);
}

TEST(SpoolGather, ARetryWithinTheMinuteIsWaitedForAndMade) {
    Stage stage("[queue]\nretry = [\"30s\"]\n");
    stage.start();
    const Sent sent(stage.relay, {"a@one.test", "b@one.test"});
    sent.settle("one.test", {kFailed, kDeferred});
    EXPECT_EQ(sent.notices(), 0U);
    EXPECT_FALSE(sent.lease("one.test"));
    stage.clock.pass(34s);
    std::optional<relay::Lease> again;
    ASSERT_TRUE(eventually([&] { return (again = sent.lease("one.test")).has_value(); }));
    ASSERT_EQ(again->envelope().recipients.size(), 1U) << "not the one that failed";
    EXPECT_EQ(sent.notices(), 0U);
    stage.relay.spool->settle(std::move(*again), {kFailed});
    ASSERT_EQ(sent.notices(), 1U);
    EXPECT_EQ(sent.notice().failed, (Positions{0, 1}));
    sent.report();
    EXPECT_FALSE(sent.stored());
}

TEST(SpoolGather, RestartForgetsNoFailureAndTriesItNotAgain) {
    Stage stage;
    const Sent sent(stage.relay, {"a@one.test", "b@two.test"});
    sent.settle("one.test", {kFailed});
    EXPECT_EQ(sent.notices(), 0U);
    stage.restart();
    std::optional<relay::Lease> other;
    ASSERT_TRUE(eventually([&] { return (other = sent.lease("two.test")).has_value(); }));
    EXPECT_FALSE(sent.lease("one.test"));
    EXPECT_EQ(sent.notices(), 0U) << "it waits again";
    stage.relay.spool->settle(std::move(*other), {kFailed});
    ASSERT_EQ(sent.notices(), 1U);
    EXPECT_EQ(sent.notice().failed, (Positions{0, 1}));
    EXPECT_EQ(sent.notice().envelope->recipients[0].last->text, "a reply");
    sent.report();
    EXPECT_FALSE(sent.stored());
}

TEST(SpoolGather, ReportThatCouldNotBeMadeIsOwedAgainFromTheStore) {
    Stage stage;
    stage.start();
    const Sent sent(stage.relay, {"a@one.test"});
    sent.settle("one.test", {kFailed});
    ASSERT_EQ(sent.notices(), 1U);
    stage.relay.spool->owe_again(sent.notice());
    stage.relay.settle_store();
    EXPECT_EQ(stage.relay.spool->view().in_memory, 0U) << "it takes no place";
    stage.clock.pass(10s);
    ASSERT_TRUE(eventually([&] { return sent.notices() == 2; }));
    EXPECT_EQ(sent.notice(1).failed, Positions{0});
    EXPECT_FALSE(sent.lease("one.test"));
    sent.report(1);
    EXPECT_FALSE(sent.stored());
    EXPECT_EQ(stage.relay.metrics.recipients_bounced.value(), 1U);
}

TEST(SpoolGather, OneSenderGetsAHundredReportsAnHourAndTheRestLater) {
    Stage stage;
    stage.start();
    std::vector<Sent> all;
    for (int i = 0; i < 102; ++i) {
        all.emplace_back(stage.relay, std::vector<std::string>{"a@one.test"});
    }
    for (std::size_t i = 0; i < all.size(); ++i) {
        auto lease = all[i].lease("one.test");
        ASSERT_TRUE(lease);
        stage.relay.spool->settle(std::move(*lease), {kFailed});
    }
    stage.relay.settle_store();
    EXPECT_EQ(all[0].notices(), 100U);
    EXPECT_EQ(stage.relay.spool->view().in_memory, 100U);
    for (const auto* late : {&all[100], &all[101]}) {
        const auto whole = late->whole();
        ASSERT_TRUE(whole.due);
        EXPECT_GT(*whole.due, stage.clock.wall());
        EXPECT_LE(*whole.due, stage.clock.wall() + 1h);
    }
    const Sent other(stage.relay, {"b@two.test"}, {}, "other@example.com");
    other.settle("two.test", {kFailed});
    EXPECT_EQ(other.notices(), 101U) << "another sender has room of its own";
    stage.clock.pass(1h + 1min);
    ASSERT_TRUE(eventually([&] { return other.notices() == 103; }));
    all[101].report(102);
    EXPECT_FALSE(stage.relay.store->load(other.notice(102).envelope->id));
}

TEST(SpoolGather, ExpiryDoesNotLoseAReportThatWasPutOff) {
    Stage stage("[queue]\nretry = [\"10m\"]\nexpire_after = \"30m\"\n");
    stage.start();
    std::vector<Sent> all;
    for (int i = 0; i < 101; ++i) {
        all.emplace_back(stage.relay, std::vector<std::string>{"a@one.test"});
        all.back().settle("one.test", {kFailed});
    }
    EXPECT_EQ(all[0].notices(), 100U);
    stage.clock.pass(1h);
    ASSERT_TRUE(eventually([&] { return all[0].notices() == 101; }));
    EXPECT_EQ(all[0].notice(100).failed, Positions{0}) << "it failed and did not expire";
}

}  // namespace
