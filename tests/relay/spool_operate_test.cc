// What people do to the queue: hold, release, delete.
#include <chrono>

#include <gtest/gtest.h>

#include "tests/support/operated_spool.h"

namespace {

using queue::Filter;
using relay::Pause;
using relay::check::Verdict;
using support::by_id;
using support::eventually;
using support::outcome;
using Kind = queue::Outcome::Kind;

class SpoolOperate : public support::OperatedSpool {};

class SpoolOperateBehindAGate : public SpoolOperate {
protected:
    SpoolOperateBehindAGate() {
        stage.gate.set_mode(conf::CheckMode::Enforce);
        publish(Verdict::Pass);
    }
};

TEST_F(SpoolOperate, HoldsWhatWaitsAndWhatIsActive) {
    const auto waiting = accept({"a@one.test"});
    settle(lease("one.test"), Kind::Deferred);
    const auto active = accept({"b@two.test"});
    EXPECT_EQ(hold({}, "held by a person: wait"), 2U);
    for (const auto id : {waiting, active}) {
        EXPECT_EQ(held(id).reason, "held by a person: wait");
        EXPECT_TRUE(held(id).person);
    }
    EXPECT_FALSE(lease("two.test"));
    EXPECT_EQ(stage.spool->view().in_memory, 0U);
    EXPECT_EQ(counted("held by a person: wait"), 2U);
    EXPECT_EQ(stage.store->totals()->held, 2U);
}

TEST_F(SpoolOperate, HoldsOnlyWhatMatches) {
    const auto one = accept({"a@one.test"});
    const auto two = accept({"b@two.test"});
    Filter filter;
    filter.domain = "two.test";
    EXPECT_EQ(hold(filter), 1U);
    EXPECT_TRUE(held(two).person);
    EXPECT_FALSE(held(one).person);
    EXPECT_EQ(hold(by_id(queue::MessageId(1))), 0U);
}

TEST_F(SpoolOperate, HoldingAgainCountsAndMayTellAnotherReason) {
    const auto id = accept({"a@one.test"});
    EXPECT_EQ(hold({}), 1U);
    const auto since = held(id).since;
    EXPECT_EQ(hold({}), 1U);
    EXPECT_EQ(held(id).since, since);
    EXPECT_EQ(hold({}, "held by a person: now I know why"), 1U);
    EXPECT_EQ(held(id).reason, "held by a person: now I know why");
    EXPECT_EQ(counted("held by a person"), 0U);
    EXPECT_EQ(counted("held by a person: now I know why"), 1U);
}

TEST_F(SpoolOperate, AnAttemptUnderWayIsSettledAndTheRestHeld) {
    const auto id = accept({"a@one.test", "b@two.test"});
    auto one = lease("one.test");
    ASSERT_TRUE(one);
    EXPECT_EQ(hold({}), 1U);
    EXPECT_FALSE(lease("two.test"));
    const auto row = stored(id);
    EXPECT_FALSE(row.due) << "it is active until the attempt ends";
    EXPECT_TRUE(row.envelope.hold.person) << "a crash now does not end the hold";
    EXPECT_EQ(row.envelope.hold.reason, "");
    const auto explained = stage.wait(stage.spool->explain(id));
    ASSERT_TRUE(explained);
    EXPECT_EQ(explained->envelope.hold.reason, "held by a person");
    settle(std::move(one), Kind::Delivered);
    EXPECT_EQ(held(id).reason, "held by a person");
    EXPECT_EQ(stored(id).envelope.recipients[0].state, queue::Recipient::State::Delivered);
    EXPECT_TRUE(stored(id).envelope.recipients[1].is_open());
    EXPECT_EQ(counted("held by a person"), 1U);
}

TEST_F(SpoolOperate, AnAttemptThatDeliversEverythingEndsTheMessage) {
    const auto id = accept({"a@one.test"});
    auto one = lease("one.test");
    EXPECT_EQ(hold({}), 1U);
    settle(std::move(one), Kind::Delivered);
    EXPECT_FALSE(stage.store->load(id));
    EXPECT_EQ(counted("held by a person"), 0U);
}

TEST_F(SpoolOperate, AnAttemptThatIsGivenUpBringsNothingBack) {
    const auto id = accept({"a@one.test"});
    {
        const auto dropped = lease("one.test");
        ASSERT_TRUE(dropped);
        EXPECT_EQ(hold({}), 1U);
    }
    EXPECT_TRUE(held(id).person);
    EXPECT_FALSE(lease("one.test"));
    EXPECT_EQ(stage.spool->view().in_memory, 0U);
}

TEST_F(SpoolOperate, AHoldOutlastsARestart) {
    const auto id = accept({"a@one.test"});
    EXPECT_EQ(hold({}, "held by a person: why"), 1U);
    stage.close();
    stage.open();
    run();
    EXPECT_TRUE(eventually([&] { return counted("held by a person: why") == 1; }));
    EXPECT_EQ(held(id).reason, "held by a person: why");
    EXPECT_FALSE(lease("one.test"));
}

TEST_F(SpoolOperate, AHoldDuringAnAttemptOutlastsACrash) {
    const auto id = accept({"a@one.test"});
    auto one = lease("one.test");
    EXPECT_EQ(hold({}), 1U);
    // As the store would be found after a crash.
    const auto row = stored(id);
    settle(std::move(one), Kind::Deferred);
    const std::vector<queue::Change> back{
        queue::Update{std::make_shared<queue::Envelope>(row.envelope), std::nullopt}};
    stage.committer->on_store([&](queue::Store& store) { EXPECT_TRUE(store.commit(back)); });
    stage.close();
    stage.open();
    run();
    EXPECT_TRUE(eventually([&] { return held(id).reason == "held by a person"; }));
    EXPECT_TRUE(held(id).person);
    EXPECT_FALSE(lease("one.test"));
}

TEST_F(SpoolOperate, AHoldDoesNotExpire) {
    const auto message = stage.message({"a@one.test"});
    message->envelope.accepted -= std::chrono::hours(24 * 10);
    message->envelope.recipients[0].due = message->envelope.accepted;
    message->envelope.hold = {"held by a person", message->envelope.accepted, true};
    const std::vector<queue::Change> insert{
        queue::Insert{message, message->envelope.recipients[0].due}};
    stage.committer->on_store([&](queue::Store& store) { EXPECT_TRUE(store.commit(insert)); });
    stage.settle_store();
    run();
    EXPECT_TRUE(eventually([&] { return counted("held by a person") == 1; }));
    EXPECT_TRUE(held(message->envelope.id).person);
    EXPECT_EQ(stage.metrics.recipients_expired.value(), 0U);
}

TEST_F(SpoolOperate, ReleaseMakesItDueAndSignsItAnew) {
    const auto id = accept({"a@one.test"});
    settle(lease("one.test"), Kind::Deferred);
    EXPECT_EQ(hold({}), 1U);
    EXPECT_EQ(release({}).released, 1U);
    const auto row = stored(id);
    EXPECT_EQ(row.envelope.hold, queue::Hold{});
    EXPECT_EQ(row.envelope.signed_by, "");
    ASSERT_TRUE(row.due);
    EXPECT_LE(*row.due, relay::wall_clock());
    EXPECT_LE(row.envelope.recipients[0].due, relay::wall_clock());
    EXPECT_EQ(counted("held by a person"), 0U);
    run();
    EXPECT_TRUE(eventually([&] { return lease("one.test").has_value(); }));
}

TEST_F(SpoolOperate, ReleaseDuringAnAttemptLetsTheOthersGoAtOnce) {
    accept({"a@one.test", "b@two.test"});
    auto one = lease("one.test");
    EXPECT_EQ(hold({}), 1U);
    EXPECT_FALSE(lease("two.test"));
    EXPECT_EQ(release({}).released, 1U);
    auto two = lease("two.test");
    EXPECT_TRUE(two);
    settle(std::move(one), Kind::Delivered);
    settle(std::move(two), Kind::Delivered);
    EXPECT_EQ(stage.store->totals()->waiting + stage.store->totals()->active, 0U);
}

TEST_F(SpoolOperate, ReleaseOfWhatNobodyHoldsIsNothing) {
    accept({"a@one.test"});
    const auto released = release({});
    EXPECT_EQ(released.released, 0U);
    EXPECT_EQ(released.held_otherwise, 0U);
}

TEST_F(SpoolOperateBehindAGate, APersonTakesOverWhatTheGateHolds) {
    publish(Verdict::Block);
    const auto id = accept({"a@one.test"});
    EXPECT_EQ(held(id).reason, kNoPtr);
    EXPECT_EQ(hold({}), 1U);
    EXPECT_EQ(held(id).reason, "held by a person");
    EXPECT_EQ(counted(kNoPtr), 0U);
    run();
    publish(Verdict::Pass);
    const auto other = accept({"b@two.test"});
    EXPECT_TRUE(eventually([&] { return lease("two.test").has_value(); }));
    EXPECT_TRUE(held(id).person) << "the gate does not end it";
    EXPECT_NE(other, id);
}

TEST_F(SpoolOperateBehindAGate, ReleaseLeavesToTheGateWhatItHolds) {
    publish(Verdict::Block);
    const auto id = accept({"a@one.test"});
    const auto released = release({});
    EXPECT_EQ(released.released, 0U);
    EXPECT_EQ(released.held_otherwise, 1U);
    EXPECT_EQ(held(id).reason, kNoPtr);
}

TEST_F(SpoolOperateBehindAGate, ReleasedMailIsJudgedAnew) {
    const auto id = accept({"a@one.test"});
    EXPECT_EQ(hold({}), 1U);
    publish(Verdict::Block);
    EXPECT_EQ(release({}).released, 1U);
    EXPECT_EQ(held(id).reason, kNoPtr);
    EXPECT_FALSE(held(id).person);
    EXPECT_EQ(counted(kNoPtr), 1U);
    EXPECT_EQ(counted("held by a person"), 0U);
}

TEST_F(SpoolOperateBehindAGate, WhatTheGateHoldsDuringAnAttemptIsOneMessageStill) {
    const auto id = accept({"a@one.test", "b@two.test"});
    run();
    auto one = lease("one.test");
    ASSERT_TRUE(one);
    publish(Verdict::Block);
    EXPECT_FALSE(lease("two.test"));
    publish(Verdict::Pass);
    stage.settle_store();
    settle(std::move(one), Kind::Delivered);
    std::optional<relay::Lease> two;
    EXPECT_TRUE(eventually([&] { return (two = lease("two.test")).has_value(); }));
    ASSERT_TRUE(two);
    EXPECT_EQ(two->envelope().recipients.size(), 1U) << "nobody gets it twice";
    settle(std::move(two), Kind::Delivered);
    EXPECT_TRUE(eventually([&] { return !stage.store->load(id); }));
}

TEST_F(SpoolOperate, DeletesHeldMailAndForgetsItsReason) {
    accept({"a@one.test"});
    auto one = lease("one.test");
    EXPECT_EQ(hold({}), 1U);
    EXPECT_EQ(stage.wait(stage.spool->remove({})).value(), 1U);
    settle(std::move(one), Kind::Deferred);
    EXPECT_EQ(stage.store->messages(), 0U);
    EXPECT_TRUE(stage.spool->view().held.empty());
}

}  // namespace
