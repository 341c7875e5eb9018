// What expires and what does not: after a downtime, under a hold, and when the clock jumps.
#include <chrono>

#include <gtest/gtest.h>

#include "tests/support/sent_message.h"
#include "tests/support/test_clock.h"

namespace {

using namespace std::chrono_literals;
using relay::check::Finding;
using relay::check::Verdict;
using support::eventually;
using support::notices_of;
using support::outcome;
using support::RelayStage;
using support::TestClock;
using Sent = support::SentMessage;
using Kind = queue::Outcome::Kind;
using Positions = std::vector<int>;

const queue::Outcome kDelivered = outcome(Kind::Delivered, {2, 0, 0});
const queue::Outcome kDeferred = outcome(Kind::Deferred, {4, 2, 0});

relay::SpoolTerms terms_of(const TestClock& clock) {
    relay::SpoolTerms terms;
    terms.clocks = clock.clocks();
    return terms;
}

struct Stage {
    TestClock clock;
    RelayStage relay;

    explicit Stage(conf::CheckMode mode = conf::CheckMode::Off)
        : relay("[queue]\nretry = [\"10m\"]\nexpire_after = \"4d\"\ndelay_warning = \"0\"\n",
                mode,
                terms_of(clock)) {}
    void start() { relay.spool->start(relay.loops->first()); }
    /// The relay does not run for `time`.
    void down_for(conf::Duration time) {
        relay.close();
        relay.notices.clear();
        clock.pass(time);
        relay.open();
        start();
    }
    void publish(Verdict verdict) {
        Finding sources;
        sources.check = "ptr";
        sources.subject = "192.0.2.1";
        sources.verdict = verdict;
        sources.seen = "no PTR record";
        sources.ttl = 1s;
        Finding fine = sources;
        fine.verdict = Verdict::Pass;
        relay.gate.publish("", {sources}, relay::wall_clock());
        relay.gate.publish("example.com", {fine}, relay::wall_clock());
    }
    /// Two turns have passed.
    void turns() {
        for (int i = 0; i < 2; ++i) {
            const auto before = relay.spool->now();
            clock.set_by(2s);  // a turn takes it
            ASSERT_TRUE(eventually([&] { return relay.spool->now() >= before + 2s; }));
        }
    }
};

TEST(SpoolExpiry, WhatExpiredWhileTheRelayDidNotRunIsTriedOnceMore) {
    Stage stage;
    const Sent sent(stage.relay, {"a@one.test", "b@two.test"});
    sent.settle("one.test", {kDeferred});
    sent.settle("two.test", {kDeferred});
    stage.down_for(5 * 24h);
    std::optional<relay::Lease> last;
    ASSERT_TRUE(eventually([&] { return (last = sent.lease("one.test")).has_value(); }));
    stage.clock.pass(50s);
    stage.turns();
    EXPECT_EQ(sent.notices(), 0U) << "not expired before the attempt";
    stage.relay.spool->settle(std::move(*last), {kDelivered});
    sent.settle("two.test", {kDeferred});
    ASSERT_TRUE(eventually([&] { return sent.notices() == 1; }));
    EXPECT_EQ(sent.notice().expired, Positions{1});
    EXPECT_EQ(sent.notice().envelope->recipients[1].attempts, 2);
    sent.report();
    EXPECT_FALSE(sent.stored());
}

TEST(SpoolExpiry, TheLastAttemptIsNotWaitedForLongerThanAnHour) {
    Stage stage;
    const Sent sent(stage.relay, {"a@one.test"});
    sent.settle("one.test", {kDeferred});
    stage.down_for(5 * 24h);
    ASSERT_TRUE(eventually([&] { return stage.relay.unrouted > 1; }));
    EXPECT_EQ(sent.notices(), 0U);
    stage.clock.pass(1h + 10s);
    EXPECT_TRUE(eventually([&] { return sent.notices() == 1; }));
}

TEST(SpoolExpiry, WhatWasGivenUpBeforeTheStopIsNotTriedAgain) {
    Stage stage;
    stage.start();
    const Sent sent(stage.relay, {"a@one.test"});
    sent.settle("one.test", {kDeferred});
    stage.clock.pass(5 * 24h);
    // The machine slept: an attempt first.
    std::optional<relay::Lease> last;
    ASSERT_TRUE(eventually([&] { return (last = sent.lease("one.test")).has_value(); }));
    stage.relay.spool->settle(std::move(*last), {kDeferred});
    ASSERT_TRUE(eventually([&] { return sent.notices() == 1; }));
    stage.down_for(1h);
    ASSERT_TRUE(eventually([&] { return sent.notices() == 1; }));
    EXPECT_EQ(sent.notice().expired, Positions{0});
    EXPECT_FALSE(sent.lease("one.test"));
    sent.report();
    EXPECT_FALSE(sent.stored());
    EXPECT_EQ(stage.relay.metrics.recipients_expired.value(), 1U);
}

TEST(SpoolExpiry, HeldMailExpiresWithoutAnAttempt) {
    Stage stage(conf::CheckMode::Enforce);
    stage.publish(Verdict::Block);
    const Sent sent(stage.relay, {"a@one.test"});
    stage.down_for(5 * 24h);
    ASSERT_TRUE(eventually([&] { return sent.notices() == 1; }));
    EXPECT_EQ(sent.notice().expired, Positions{0});
    EXPECT_EQ(stage.relay.unrouted, 0);
    EXPECT_NE(sent.notice().envelope->recipients[0].last->text.find("no PTR record"),
              std::string::npos)
        << "the sender hears what held it";
}

TEST(SpoolExpiry, AVerdictThatIsAwaitedDecidesAboutTheLastAttempt) {
    for (const auto verdict : {Verdict::Pass, Verdict::Block}) {
        Stage stage(conf::CheckMode::Enforce);
        stage.publish(Verdict::Pass);
        const Sent sent(stage.relay, {"a@one.test"});
        sent.settle("one.test", {kDeferred});
        stage.relay.gate.forget("");
        stage.relay.gate.forget("example.com");
        stage.down_for(5 * 24h);
        ASSERT_TRUE(eventually([&] { return !sent.whole().envelope.hold.reason.empty(); }));
        stage.clock.pass(10s);
        stage.turns();
        EXPECT_EQ(sent.notices(), 0U);
        stage.publish(verdict);
        if (verdict == Verdict::Pass) {
            EXPECT_TRUE(eventually([&] { return sent.lease("one.test").has_value(); }));
        } else {
            EXPECT_TRUE(eventually([&] { return sent.notices() == 1; }));
        }
    }
}

TEST(SpoolExpiry, PersonsHoldDoesNotExpire) {
    Stage stage(conf::CheckMode::Enforce);
    stage.publish(Verdict::Block);
    const auto kept = stage.relay.message({"a@one.test"});
    kept->envelope.hold = {"wait for the lawyers", stage.relay.spool->now(), true};
    const std::vector<queue::Change> changes{queue::Insert{kept, kept->envelope.accepted}};
    ASSERT_TRUE(stage.relay.store->commit(changes));
    const Sent other(stage.relay, {"b@one.test"});
    stage.start();
    stage.clock.pass(5 * 24h);
    ASSERT_TRUE(eventually([&] { return other.notices() == 1; }));
    EXPECT_EQ(other.notice().envelope->id, other.message->envelope.id);
    stage.publish(Verdict::Pass);
    stage.turns();
    const auto stored = stage.relay.store->load(kept->envelope.id);
    ASSERT_TRUE(stored);
    EXPECT_EQ(stored->envelope.hold, kept->envelope.hold) << "nor does the gate end it";
    EXPECT_EQ(stage.relay.spool->view().held.count("wait for the lawyers"), 1U);

    // Let go, it expires.
    auto released = std::make_shared<queue::Envelope>(stored->envelope);
    released->hold = {};
    released->recipients[0].due = stage.relay.spool->now() + 1ms;
    const std::vector<queue::Change> release{queue::Update{released, released->recipients[0].due}};
    ASSERT_TRUE(stage.relay.store->commit(release));
    const Sent third(stage.relay, {"c@three.test"});
    third.settle("three.test", {kDeferred});
    queue::Filter filter;
    filter.id = third.message->envelope.id;
    stage.clock.pass(1s);
    ASSERT_TRUE(stage.relay.wait(stage.relay.spool->retry(filter)));
    ASSERT_TRUE(eventually([&] { return other.notices() == 2; }));
    EXPECT_EQ(other.notice(1).envelope->id, kept->envelope.id);
    EXPECT_EQ(other.notice(1).expired, Positions{0});
}

TEST(SpoolExpiry, ReportThatExpiresUnderAHoldIsCounted) {
    Stage stage(conf::CheckMode::Enforce);
    stage.publish(Verdict::Block);
    const Sent sent(stage.relay, {"app@example.com"}, {}, "");
    stage.start();
    stage.clock.pass(5 * 24h);
    EXPECT_TRUE(eventually([&] { return stage.relay.metrics.recipients_expired.value() == 1; }));
    EXPECT_EQ(sent.notices(), 0U);
    EXPECT_TRUE(eventually([&] { return !sent.stored(); }));
}

TEST(SpoolExpiry, ClockSetForwardExpiresAndRetriesNothing) {
    Stage stage;
    const Sent waits(stage.relay, {"a@one.test"});
    waits.settle("one.test", {kDeferred});
    const Sent active(stage.relay, {"b@two.test"});
    stage.start();
    stage.clock.set_by(30 * 24h);
    const auto before = stage.relay.spool->now();
    stage.clock.pass(50s);
    ASSERT_TRUE(eventually([&] { return stage.relay.spool->now() > before + 50s; }));
    stage.clock.pass(10s);
    ASSERT_TRUE(eventually([&] { return stage.relay.spool->now() > before + 65s; }));
    EXPECT_LT(stage.relay.spool->now(), before + 70s);
    EXPECT_EQ(waits.notices(), 0U);
    EXPECT_FALSE(waits.lease("one.test"));
    EXPECT_TRUE(active.lease("two.test"));
}

TEST(SpoolExpiry, ClockSetBackStopsNoRetry) {
    Stage stage;
    const Sent sent(stage.relay, {"a@one.test"});
    sent.settle("one.test", {kDeferred});
    stage.start();
    stage.clock.set_by(-30 * 24h);
    stage.clock.pass(13min);
    EXPECT_TRUE(eventually([&] { return sent.lease("one.test").has_value(); }));
}

TEST(SpoolExpiry, RestartWithAClockSetForwardTriesOnceMore) {
    Stage stage;
    const Sent sent(stage.relay, {"a@one.test"});
    sent.settle("one.test", {kDeferred});
    stage.clock.set_by(30 * 24h);
    stage.down_for(1s);
    EXPECT_TRUE(eventually([&] { return sent.lease("one.test").has_value(); }));
    EXPECT_EQ(sent.notices(), 0U);
}

TEST(SpoolExpiry, RestartWithAClockSetBackBringsDueTimesNearer) {
    Stage stage;
    const Sent sent(stage.relay, {"a@one.test"});
    sent.settle("one.test", {kDeferred});
    stage.clock.set_by(-30 * 24h);
    stage.down_for(1s);
    ASSERT_TRUE(eventually([&] { return sent.stored(0).due < stage.clock.wall() + 12min; }));
    EXPECT_GT(sent.stored(0).due, stage.clock.wall() + 8min) << "not all at once";
    EXPECT_EQ(sent.whole().due, sent.stored(0).due);
    stage.clock.pass(12min);
    EXPECT_TRUE(eventually([&] { return sent.lease("one.test").has_value(); }));
}

}  // namespace
