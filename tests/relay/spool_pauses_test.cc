// What people pause and resume.
#include <chrono>

#include <gtest/gtest.h>

#include "tests/support/operated_spool.h"
#include "tests/support/test_clock.h"

namespace {

using queue::Filter;
using relay::Pause;
using relay::check::Verdict;
using support::by_id;
using support::eventually;
using support::outcome;
using Kind = queue::Outcome::Kind;
using support::domain;
using support::RelayStage;

class SpoolPauses : public support::OperatedSpool {};

TEST_F(SpoolPauses, PauseOfEverythingHoldsWhatIsActiveAndWhatComes) {
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

TEST_F(SpoolPauses, PauseOfASenderHoldsHisMailAlone) {
    EXPECT_TRUE(pause(Pause::of_sender("app@example.com").value()));
    const auto his = accept({"a@one.test"});
    accept({"a@one.test"}, "other@example.com");
    EXPECT_EQ(held(his).reason, "sending is paused by a person (sender *@example.com)");
    const auto taken = lease("one.test");
    ASSERT_TRUE(taken);
    EXPECT_EQ(taken->envelope().sender.text(), "other@example.com");
    EXPECT_FALSE(lease("one.test"));
}

TEST_F(SpoolPauses, PauseOfADomainLetsOthersGo) {
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

TEST_F(SpoolPauses, PauseTakesPartsBackFromASharedSite) {
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

TEST_F(SpoolPauses, AnAttemptGivenUpInAPauseLeavesThePausedPartOut) {
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

TEST_F(SpoolPauses, AMessageWithNothingElseToDoIsHeldUntilTheOthersTurn) {
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

TEST_F(SpoolPauses, PausesOutlastARestart) {
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

TEST_F(SpoolPauses, ExpiryEndsAPause) {
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

TEST_F(SpoolPauses, AHoldIsStrongerThanAPause) {
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
