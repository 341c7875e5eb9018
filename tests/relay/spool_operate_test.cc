// What people do to the queue: hold, release, pause, resume.
#include <chrono>
#include <thread>

#include <gtest/gtest.h>

#include "relay/spool.h"
#include "tests/support/relay_stage.h"
#include "tests/support/test_clock.h"

namespace {

using queue::Filter;
using relay::Pause;
using relay::check::Finding;
using relay::check::Verdict;
using support::RelayStage;
using Kind = queue::Outcome::Kind;

queue::Outcome outcome(Kind kind) {
    queue::Outcome made;
    made.kind = kind;
    made.status = {static_cast<std::uint8_t>(kind == Kind::Delivered ? 2 : 4), 0, 0};
    made.text = "said";
    return made;
}

/// Waits for what another thread does; bounded.
template <class Condition>
bool eventually(Condition condition) {
    for (int i = 0; i < 4000; ++i) {
        if (condition()) {
            return true;
        }
        std::this_thread::sleep_for(std::chrono::milliseconds(5));
    }
    return false;
}

Filter by_id(queue::MessageId id) {
    Filter filter;
    filter.id = id;
    return filter;
}

Pause domain(const std::string& text) {
    return Pause::of_domain(text).value();
}

class SpoolOperate : public testing::Test {
protected:
    queue::MessageId accept(const std::vector<std::string>& recipients,
                            const std::string& sender = "app@example.com") {
        const auto message = stage.message(recipients, sender);
        message->envelope.signed_by = "example.com/k1";
        EXPECT_TRUE(stage.wait(stage.spool->accept(message)));
        return message->envelope.id;
    }

    std::optional<relay::Lease> lease(const std::string& at) {
        stage.spool->domains_to_route(relay::wall_clock());
        stage.spool->assign(at, "site-" + at, relay::wall_clock() + std::chrono::hours(1));
        return stage.spool->next_for("site-" + at, 1, {});
    }

    /// Several domains at one site.
    std::optional<relay::Lease> shared_lease(const std::vector<std::string>& domains) {
        stage.spool->domains_to_route(relay::wall_clock());
        for (const auto& each : domains) {
            stage.spool->assign(each, "shared", relay::wall_clock() + std::chrono::hours(1));
        }
        return stage.spool->next_for("shared", 1, {});
    }

    void settle(std::optional<relay::Lease> taken, Kind kind) {
        ASSERT_TRUE(taken);
        const auto count = taken->envelope().recipients.size();
        stage.spool->settle(std::move(*taken), std::vector(count, outcome(kind)));
        stage.settle_store();
    }

    std::size_t hold(const Filter& filter, const std::string& reason = "held by a person") {
        const auto held = stage.wait(stage.spool->hold(filter, reason));
        EXPECT_TRUE(held) << held.error().message();
        return held ? *held : 0;
    }

    relay::Spool::Released release(const Filter& filter) {
        const auto released = stage.wait(stage.spool->release(filter));
        EXPECT_TRUE(released) << released.error().message();
        return released ? *released : relay::Spool::Released{};
    }

    bool pause(const Pause& what) {
        const auto paused = stage.wait(stage.spool->pause(what));
        EXPECT_TRUE(paused) << paused.error().message();
        return paused && *paused;
    }

    bool resume(const Pause& what) {
        const auto resumed = stage.wait(stage.spool->resume(what));
        EXPECT_TRUE(resumed) << resumed.error().message();
        return resumed && *resumed;
    }

    queue::Stored stored(queue::MessageId id) {
        stage.settle_store();
        auto found = stage.store->load(id);
        EXPECT_TRUE(found) << found.error().message();
        return found ? *found : queue::Stored{};
    }

    queue::Hold held(queue::MessageId id) { return stored(id).envelope.hold; }

    std::uint64_t counted(const std::string& reason) {
        const auto held = stage.spool->view().held;
        const auto found = held.find(reason);
        return found == held.end() ? 0 : found->second;
    }

    void run() { stage.spool->start(stage.loops->first()); }

    void publish(Verdict sources) {
        Finding finding;
        finding.check = "ptr";
        finding.subject = "192.0.2.1";
        finding.verdict = sources;
        finding.seen = "no PTR record";
        stage.gate.publish("", {finding}, relay::wall_clock());
        finding.check = "spf";
        finding.verdict = Verdict::Pass;
        stage.gate.publish("example.com", {finding}, relay::wall_clock());
    }

    static constexpr const char* kNoPtr = "ptr of 192.0.2.1: no PTR record";

    RelayStage stage;
};

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

TEST_F(SpoolOperate, PauseOfEverythingHoldsWhatIsActiveAndWhatComes) {
    const auto before = accept({"a@one.test"});
    EXPECT_TRUE(pause(Pause::all()));
    EXPECT_FALSE(pause(Pause::all())) << "it was so before";
    const auto after = accept({"b@two.test"});
    for (const auto id : {before, after}) {
        EXPECT_EQ(held(id).reason, "sending is paused by a person (all mail)");
        EXPECT_FALSE(held(id).person);
    }
    EXPECT_FALSE(lease("one.test"));
    EXPECT_EQ(counted("sending is paused by a person (all mail)"), 2U);
    EXPECT_EQ(release({}).held_otherwise, 2U) << "no person holds them";
    run();
    EXPECT_TRUE(resume(Pause::all()));
    EXPECT_FALSE(resume(Pause::all()));
    EXPECT_TRUE(eventually([&] { return lease("one.test").has_value(); }));
    EXPECT_TRUE(eventually([&] { return lease("two.test").has_value(); }));
    EXPECT_TRUE(eventually([&] { return stage.spool->view().held.empty(); }));
}

TEST_F(SpoolOperate, PauseOfASenderHoldsHisMailAlone) {
    EXPECT_TRUE(pause(Pause::of_sender("app@example.com").value()));
    const auto his = accept({"a@one.test"});
    accept({"a@one.test"}, "other@example.com");
    EXPECT_EQ(held(his).reason, "sending is paused by a person (sender *@example.com)");
    const auto taken = lease("one.test");
    ASSERT_TRUE(taken);
    EXPECT_EQ(taken->envelope().sender.text(), "other@example.com");
    EXPECT_FALSE(lease("one.test"));
}

TEST_F(SpoolOperate, PauseOfADomainLetsOthersGo) {
    EXPECT_TRUE(pause(domain("one.test")));
    const auto covered = accept({"a@one.test"});
    const auto mixed = accept({"a@one.test", "b@two.test"});
    EXPECT_EQ(held(covered).reason, "sending is paused by a person (domain one.test)");
    EXPECT_EQ(stage.spool->domains_to_route(relay::wall_clock()),
              std::vector<std::string>{"two.test"})
        << "nobody asks where a paused domain is";
    auto two = shared_lease({"one.test", "two.test"});
    ASSERT_TRUE(two);
    ASSERT_EQ(two->envelope().recipients.size(), 1U);
    EXPECT_EQ(two->envelope().recipients[0].address.text(), "b@two.test");
    EXPECT_FALSE(stage.spool->next_for("shared", 1, {}));
    settle(std::move(two), Kind::Delivered);
    EXPECT_EQ(held(mixed).reason, "sending is paused by a person (domain one.test)");
    run();
    EXPECT_TRUE(resume(domain("one.test")));
    for (int left = 2; left > 0; --left) {
        std::optional<relay::Lease> one;
        ASSERT_TRUE(
            eventually([&] { return (one = stage.spool->next_for("shared", 1, {})).has_value(); }));
        EXPECT_EQ(one->envelope().recipients[0].address.text(), "a@one.test");
        settle(std::move(one), Kind::Delivered);
    }
    EXPECT_EQ(stage.store->totals()->held, 0U);
}

TEST_F(SpoolOperate, PauseTakesPartsBackFromASharedSite) {
    accept({"a@one.test", "b@two.test"});
    stage.spool->domains_to_route(relay::wall_clock());
    for (const char* each : {"one.test", "two.test"}) {
        stage.spool->assign(each, "shared", relay::wall_clock() + std::chrono::hours(1));
    }
    EXPECT_TRUE(pause(domain("one.test")));
    auto taken = stage.spool->next_for("shared", 1, {});
    ASSERT_TRUE(taken);
    ASSERT_EQ(taken->envelope().recipients.size(), 1U);
    EXPECT_EQ(taken->envelope().recipients[0].address.text(), "b@two.test");
    // And gives them back while the message is still under way.
    EXPECT_TRUE(resume(domain("one.test")));
    auto other = stage.spool->next_for("shared", 1, {});
    ASSERT_TRUE(other);
    EXPECT_EQ(other->envelope().recipients[0].address.text(), "a@one.test");
    settle(std::move(taken), Kind::Delivered);
    settle(std::move(other), Kind::Delivered);
    EXPECT_EQ(stage.store->messages(), 0U);
}

TEST_F(SpoolOperate, AnAttemptGivenUpInAPauseLeavesThePausedPartOut) {
    const auto id = accept({"a@one.test", "b@two.test"});
    {
        const auto dropped = shared_lease({"one.test", "two.test"});
        ASSERT_TRUE(dropped);
        ASSERT_EQ(dropped->envelope().recipients.size(), 2U);
        EXPECT_TRUE(pause(domain("one.test")));
    }
    auto again = stage.spool->next_for("shared", 1, {});
    ASSERT_TRUE(again);
    ASSERT_EQ(again->envelope().recipients.size(), 1U);
    EXPECT_EQ(again->envelope().recipients[0].address.text(), "b@two.test");
    settle(std::move(again), Kind::Deferred);
    const auto row = stored(id);
    EXPECT_EQ(row.envelope.hold.reason, "") << "it goes on for the other one";
    ASSERT_TRUE(row.due);
    EXPECT_EQ(*row.due, row.envelope.recipients[1].due) << "the paused one brings no turn";
    run();
    EXPECT_TRUE(resume(domain("one.test")));
    EXPECT_TRUE(eventually([&] { return stage.spool->next_for("shared", 1, {}).has_value(); }))
        << "long before the other's turn";
}

TEST_F(SpoolOperate, AMessageWithNothingElseToDoIsHeldUntilTheOthersTurn) {
    const auto id = accept({"a@one.test", "b@two.test"});
    settle(shared_lease({"one.test", "two.test"}), Kind::Deferred);
    EXPECT_TRUE(pause(domain("one.test")));
    EXPECT_EQ(stage.wait(stage.spool->retry({})).value(), 1U);
    run();
    // Both are due; one is tried.
    std::optional<relay::Lease> taken;
    ASSERT_TRUE(
        eventually([&] { return (taken = stage.spool->next_for("shared", 1, {})).has_value(); }));
    ASSERT_EQ(taken->envelope().recipients.size(), 1U);
    settle(std::move(taken), Kind::Delivered);
    EXPECT_EQ(held(id).reason, "sending is paused by a person (domain one.test)");
}

TEST_F(SpoolOperate, PausesOutlastARestart) {
    EXPECT_TRUE(pause(domain("one.test")));
    const auto id = accept({"a@one.test"});
    stage.close();
    stage.open();
    EXPECT_EQ(stage.spool->pauses().get()->size(), 1U);
    run();
    EXPECT_TRUE(eventually(
        [&] { return counted("sending is paused by a person (domain one.test)") == 1; }));
    EXPECT_FALSE(lease("one.test"));
    EXPECT_EQ(held(id).reason, "sending is paused by a person (domain one.test)");
    EXPECT_TRUE(resume(domain("one.test")));
    EXPECT_TRUE(eventually([&] { return lease("one.test").has_value(); }));
    stage.close();
    stage.open();
    EXPECT_EQ(stage.spool->pauses().get()->size(), 0U);
}

TEST_F(SpoolOperate, ExpiryEndsAPause) {
    EXPECT_TRUE(pause(Pause::all()));
    const auto message = stage.message({"a@one.test"}, "");
    message->envelope.accepted -= std::chrono::hours(24 * 10);
    message->envelope.recipients[0].due = message->envelope.accepted;
    message->envelope.hold = {Pause::all().reason(), message->envelope.accepted};
    const std::vector<queue::Change> insert{
        queue::Insert{message, message->envelope.recipients[0].due}};
    stage.committer->on_store([&](queue::Store& store) { EXPECT_TRUE(store.commit(insert)); });
    stage.settle_store();
    run();
    EXPECT_TRUE(eventually([&] { return stage.metrics.recipients_expired.value() == 1; }));
}

TEST_F(SpoolOperate, AHoldIsStrongerThanAPause) {
    const auto id = accept({"a@one.test"});
    EXPECT_TRUE(pause(Pause::all()));
    EXPECT_EQ(hold({}), 1U);
    EXPECT_EQ(held(id).reason, "held by a person");
    run();
    EXPECT_TRUE(resume(Pause::all()));
    const auto other = accept({"b@two.test"});
    EXPECT_TRUE(eventually([&] { return lease("two.test").has_value(); }));
    EXPECT_TRUE(held(id).person);
    EXPECT_TRUE(pause(Pause::all()));
    EXPECT_EQ(release({}).released, 1U);
    EXPECT_EQ(held(id).reason, "sending is paused by a person (all mail)");
    EXPECT_NE(other, id);
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

TEST(SpoolResume, WhatWasPausedForLongGoesOutAsSlowlyAsToANewSite) {
    support::TestClock clock;
    relay::SpoolTerms terms;
    terms.clocks = clock.clocks();
    RelayStage stage("", conf::CheckMode::Off, terms);
    relay::Spool& spool = *stage.spool;
    spool.start(stage.loops->first());
    spool.assign("dest.example", "site", relay::wall_clock() + std::chrono::hours(1));
    spool.connection_opened("site");
    const auto limit = [&spool] {
        const auto sites = spool.view().sites;
        return sites.size() == 1 ? sites.front().limit : -1;
    };
    const auto pause_for = [&](std::chrono::seconds time) {
        ASSERT_TRUE(stage.wait(spool.pause(Pause::all())));
        const auto message = stage.message({"user@dest.example"});
        ASSERT_TRUE(stage.wait(spool.accept(message)));
        clock.pass(time);
        ASSERT_TRUE(stage.wait(spool.resume(Pause::all())));
        std::optional<relay::Lease> lease;
        ASSERT_TRUE(
            eventually([&] { return (lease = spool.next_for("site", 1, {})).has_value(); }));
        spool.settle(std::move(*lease), {outcome(Kind::Delivered)});
    };
    for (int i = 0; i < 5; ++i) {
        spool.site_reached("site");
    }
    pause_for(std::chrono::seconds(10));
    EXPECT_EQ(limit(), 7);
    pause_for(std::chrono::minutes(5));
    EXPECT_EQ(limit(), 2);
}

}  // namespace
