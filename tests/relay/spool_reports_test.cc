// Whom the spool owes a report, and what a report ends.
#include <chrono>
#include <future>

#include <boost/asio/post.hpp>
#include <gtest/gtest.h>

#include "relay/spool.h"
#include "tests/support/sent_message.h"

namespace {

using support::eventually;
using support::outcome;
using support::RelayStage;
using Sent = support::SentMessage;
using Kind = queue::Outcome::Kind;
using State = queue::Recipient::State;
using Positions = std::vector<int>;

const queue::Outcome kDelivered = outcome(Kind::Delivered, {2, 0, 0});
const queue::Outcome kPassedOn = outcome(Kind::Delivered, {2, 0, 0}, true);
const queue::Outcome kDeferred = outcome(Kind::Deferred, {4, 2, 0});
const queue::Outcome kFailed = outcome(Kind::Failed, {5, 1, 1});

constexpr queue::Notify kNever{.never = true};
constexpr queue::Notify kSuccess{.success = true};
constexpr queue::Notify kSuccessOrFailure{.success = true, .failure = true};
constexpr queue::Notify kDelay{.delay = true};

TEST(SpoolReports, LeaseCarriesWhatWasAskedFor) {
    RelayStage stage;
    const Sent sent(stage, {"a@one.test"}, {kSuccess});
    const auto lease = sent.lease("one.test");
    ASSERT_TRUE(lease);
    EXPECT_EQ(lease->envelope().ret, queue::ReturnedPart::Headers);
    EXPECT_EQ(lease->envelope().envelope_id, "id");
    EXPECT_EQ(lease->envelope().recipients[0].dsn.notify, kSuccess);
}

TEST(SpoolReports, FailureIsReportedUnlessSomethingElseWasAskedFor) {
    for (const auto& [notify, owed] : {std::pair(queue::Notify{}, true),
                                       std::pair(kSuccessOrFailure, true),
                                       std::pair(kNever, false),
                                       std::pair(kSuccess, false),
                                       std::pair(kDelay, false)}) {
        RelayStage stage;
        const Sent sent(stage, {"a@one.test"}, {notify});
        sent.settle("one.test", {kFailed});
        EXPECT_EQ(sent.notices(), owed ? 1U : 0U);
        EXPECT_EQ(sent.stored(), owed) << "what nobody is told about ends at once";
        EXPECT_EQ(stage.metrics.recipients_bounced.value(), owed ? 0U : 1U);
    }
}

TEST(SpoolReports, ExpiryIsNotReportedToWhomItDoesNotConcern) {
    RelayStage stage("[queue]\nexpire_after = \"1s\"\nretry = [\"1s\"]\n");
    const Sent sent(stage, {"a@one.test"}, {kNever});
    sent.settle("one.test", {kDeferred});
    stage.spool->start(stage.loops->first());
    EXPECT_TRUE(eventually([&] { return stage.metrics.recipients_expired.value() == 1; }));
    EXPECT_EQ(sent.notices(), 0U);
    // The removal follows the count.
    EXPECT_TRUE(eventually([&] { return !sent.stored(); }));
}

TEST(SpoolReports, OnlyThoseWhoAreToBeToldAreInTheNotice) {
    RelayStage stage;
    const Sent sent(
        stage, {"a@one.test", "b@one.test", "c@one.test"}, {kNever, kSuccessOrFailure, {}});
    sent.settle("one.test", {kFailed, kFailed, kFailed});
    ASSERT_EQ(sent.notices(), 1U);
    EXPECT_EQ(sent.notice().failed, (Positions{1, 2}));
    EXPECT_EQ(sent.stored(0).state, State::Failed);
    EXPECT_EQ(sent.stored(1).state, State::Waiting);
    sent.report();
    EXPECT_FALSE(sent.stored());
    EXPECT_EQ(stage.metrics.recipients_bounced.value(), 3U);
}

TEST(SpoolReports, SuccessIsReportedWhereTheNextHostWillNot) {
    RelayStage stage;
    const Sent sent(stage, {"a@one.test"}, {kSuccess});
    sent.settle("one.test", {kDelivered});
    ASSERT_EQ(sent.notices(), 1U);
    EXPECT_EQ(sent.notice().relayed, Positions{0});
    EXPECT_TRUE(sent.notice().failed.empty());
    EXPECT_EQ(sent.notice().envelope->recipients[0].last->text, "a reply");
    EXPECT_TRUE(sent.stored(0).awaits_report());
    EXPECT_EQ(stage.metrics.recipients_delivered.value(), 1U);
    sent.report();
    EXPECT_FALSE(sent.stored());
    EXPECT_EQ(stage.metrics.recipients_delivered.value(), 1U) << "counted once";
    const auto explained = stage.wait(stage.spool->explain(sent.message->envelope.id));
    ASSERT_TRUE(explained);
    EXPECT_EQ(explained->envelope.recipients[0].state, State::Delivered);
    EXPECT_EQ(stage.spool->view().in_memory, 1U) << "the report alone";
}

TEST(SpoolReports, SuccessIsNotReportedByUsWhereTheNextHostWillOrNobodyAsked) {
    for (const auto& [notify, told] : {std::pair(kSuccess, kPassedOn),
                                       std::pair(queue::Notify{}, kDelivered),
                                       std::pair(kNever, kDelivered),
                                       std::pair(kDelay, kDelivered)}) {
        RelayStage stage;
        const Sent sent(stage, {"a@one.test"}, {notify});
        sent.settle("one.test", {told});
        EXPECT_EQ(sent.notices(), 0U);
        EXPECT_FALSE(sent.stored());
    }
}

TEST(SpoolReports, SuccessIsNotReportedToTheNullSender) {
    RelayStage stage;
    const Sent sent(stage, {"a@one.test"}, {kSuccess}, "");
    sent.settle("one.test", {kDelivered});
    EXPECT_EQ(sent.notices(), 0U);
    EXPECT_FALSE(sent.stored());
}

TEST(SpoolReports, FailedAndRelayedOfOneAttemptAreOneNotice) {
    RelayStage stage;
    const Sent sent(stage, {"a@one.test", "b@one.test"}, {kSuccess, {}});
    sent.settle("one.test", {kDelivered, kFailed});
    ASSERT_EQ(sent.notices(), 1U);
    EXPECT_EQ(sent.notice().relayed, Positions{0});
    EXPECT_EQ(sent.notice().failed, Positions{1});
    sent.report();
    EXPECT_FALSE(sent.stored());
}

TEST(SpoolReports, WhatEndsWhileAReportIsMadeIsInTheNextOne) {
    RelayStage stage;
    const Sent sent(stage,
                    {"a@one.test", "b@two.test", "c@three.test"},
                    {kSuccess, kSuccessOrFailure, kSuccess});
    sent.settle("one.test", {kDelivered});
    sent.settle("two.test", {kFailed});
    sent.settle("three.test", {kDelivered});
    ASSERT_EQ(sent.notices(), 1U) << "one report at a time";
    sent.report();
    EXPECT_TRUE(sent.stored());
    EXPECT_EQ(sent.stored(0).state, State::Delivered);
    ASSERT_EQ(sent.notices(), 2U);
    EXPECT_EQ(sent.notice(1).failed, Positions{1});
    EXPECT_EQ(sent.notice(1).relayed, Positions{2});
    EXPECT_EQ(sent.notice(1).envelope->recipients[1].last->kind, Kind::Failed);
    sent.report(1);
    EXPECT_FALSE(sent.stored());
    EXPECT_EQ(sent.notices(), 2U);
    EXPECT_EQ(stage.metrics.recipients_bounced.value(), 1U);
}

relay::net::Task<> store_report(relay::Spool& spool,
                                std::shared_ptr<queue::Message> report,
                                relay::Notice notice,
                                std::promise<bool>& stored) {
    const auto result = co_await spool.accept_notice(std::move(report), notice);
    stored.set_value(result && *result == relay::Spool::Report::Stored);
}

/// A message to two: the report about the first is being stored, while the second is tried.
class ReportBeingStored {
public:
    ReportBeingStored() {
        sent.settle("one.test", {kFailed});
        EXPECT_EQ(sent.notices(), 1U);
        stage.committer->on_store(
            [busy = go_on_.get_future().share()](queue::Store&) { busy.wait(); });
        auto& loop = stage.loops->first();
        loop.spawn(
            "test",
            store_report(
                *stage.spool, stage.message({"app@example.com"}, ""), sent.notice(), stored_));
        std::promise<void> given;  // to the committer
        boost::asio::post(loop.context(), [&given] { given.set_value(); });
        given.get_future().wait();
    }
    /// What the store has of the message after everything that was given to it so far.
    queue::Stored go_on() {
        std::promise<queue::Stored> seen;
        stage.committer->on_store([&](queue::Store& store) {
            auto found = store.load(sent.message->envelope.id);
            seen.set_value(found ? std::move(*found) : queue::Stored{});
        });
        go_on_.set_value();
        auto found = seen.get_future().get();
        EXPECT_TRUE(stored_.get_future().get());
        return found;
    }

    RelayStage stage{"", conf::CheckMode::Off, at_once()};
    const Sent sent{stage, {"a@one.test", "b@two.test"}, {{}, {}}};
    std::optional<relay::Lease> other = sent.lease("two.test");

private:
    static relay::SpoolTerms at_once() {
        relay::SpoolTerms terms;
        terms.gather = {};
        return terms;
    }
    std::promise<void> go_on_;
    std::promise<bool> stored_;
};

TEST(SpoolReports, MessageWhoseLastRecipientEndsWhileTheReportIsStoredIsRemoved) {
    ReportBeingStored now;
    now.stage.spool->settle(std::move(*now.other), {kDelivered});
    now.go_on();
    EXPECT_TRUE(eventually([&] { return !now.sent.stored(); }));
    EXPECT_EQ(now.stage.spool->view().in_memory, 1U) << "the report alone";
}

TEST(SpoolReports, WhatEndsWhileAReportIsStoredDoesNotUndoIt) {
    ReportBeingStored now;
    now.stage.spool->settle(std::move(*now.other), {kDeferred});
    const auto seen = now.go_on();
    ASSERT_EQ(seen.envelope.recipients.size(), 2U);
    EXPECT_EQ(seen.envelope.recipients[0].state, State::Failed) << "its report is stored";
    EXPECT_TRUE(eventually([&] { return now.sent.stored(1).attempts == 1; }));
    EXPECT_EQ(now.sent.stored(0).state, State::Failed);
    EXPECT_TRUE(now.sent.whole().due);
}

TEST(SpoolReports, SignaturesReplacedWhileAReportIsStoredAreThoseThatTheEnvelopeNames) {
    ReportBeingStored now;
    const std::string signatures = "DKIM-Signature: v=1; s=k2; longer\r\n";
    const auto before = now.sent.whole();
    now.stage.spool->replace_signatures(*now.other, signatures, "example.com/k2");
    now.stage.spool->settle(std::move(*now.other), {kDeferred});
    now.go_on();
    EXPECT_TRUE(eventually([&] { return now.sent.stored(1).attempts == 1; }));
    const auto after = now.sent.whole();
    EXPECT_EQ(after.content.signatures, signatures);
    EXPECT_EQ(after.envelope.signed_by, "example.com/k2");
    EXPECT_EQ(after.envelope.size,
              before.envelope.size - before.content.signatures.size() + signatures.size());
}

TEST(SpoolReports, ARecipientThatWaitsGoesOnBesideAReport) {
    RelayStage stage;
    const Sent sent(stage, {"a@one.test", "b@one.test"}, {kSuccess, {}});
    sent.settle("one.test", {kDelivered, kDeferred});
    ASSERT_EQ(sent.notices(), 1U);
    sent.report();
    EXPECT_EQ(sent.stored(0).state, State::Delivered);
    EXPECT_EQ(sent.stored(1).state, State::Waiting);
    const auto stored = stage.store->load(sent.message->envelope.id);
    ASSERT_TRUE(stored);
    EXPECT_TRUE(stored->due);
}

TEST(SpoolReports, RestartOwesTheReportAndTriesNothingAgain) {
    RelayStage stage;
    const Sent sent(stage, {"a@one.test"}, {kSuccess});
    sent.settle("one.test", {kDelivered});
    ASSERT_EQ(sent.notices(), 1U);
    stage.close();
    stage.notices.clear();
    stage.open();
    stage.spool->start(stage.loops->first());
    ASSERT_TRUE(eventually([&] { return sent.notices() == 1; }));
    EXPECT_EQ(sent.notice().relayed, Positions{0});
    EXPECT_TRUE(stage.spool->domains_to_route(stage.spool->now()).empty());
    EXPECT_FALSE(sent.lease("one.test"));
    sent.report();
    EXPECT_FALSE(sent.stored());
}

TEST(SpoolReports, RestartAfterExpiryStillOwesTheReportOfSuccess) {
    RelayStage stage("[queue]\nexpire_after = \"1s\"\nretry = [\"1s\"]\n");
    const Sent sent(stage, {"a@one.test", "b@two.test"}, {kSuccess, {}});
    sent.settle("one.test", {kDelivered});
    stage.close();
    stage.notices.clear();
    ASSERT_TRUE(eventually([&] {
        return relay::wall_clock() > sent.message->envelope.accepted + std::chrono::seconds(1);
    }));
    stage.open();
    stage.spool->start(stage.loops->first());
    ASSERT_TRUE(eventually([&] { return sent.notices() == 1; }));
    EXPECT_EQ(sent.notice().relayed, Positions{0});
    sent.report();
    sent.settle("two.test", {kDeferred});  // the last attempt
    ASSERT_TRUE(eventually([&] { return sent.notices() == 2; }));
    EXPECT_EQ(sent.notice(1).expired, Positions{1});
    sent.report(1);
    EXPECT_FALSE(sent.stored());
}

TEST(SpoolReports, DeletedMessageOwesNoReport) {
    RelayStage stage;
    const Sent sent(stage, {"a@one.test", "b@two.test"}, {kSuccess, {}});
    sent.settle("one.test", {kDelivered});
    queue::Filter filter;
    filter.id = sent.message->envelope.id;
    ASSERT_TRUE(stage.wait(stage.spool->remove(filter)));
    const auto late = stage.message({"app@example.com"}, "");
    const auto result = stage.wait(stage.spool->accept_notice(late, sent.notice()));
    ASSERT_TRUE(result);
    EXPECT_EQ(*result, relay::Spool::Report::Unneeded);
    stage.settle_store();
    EXPECT_FALSE(stage.store->load(late->envelope.id));
    EXPECT_FALSE(sent.stored());
    const auto explained = stage.wait(stage.spool->explain(sent.message->envelope.id));
    ASSERT_TRUE(explained);
    EXPECT_EQ(explained->envelope.recipients[0].state, State::Delivered) << "it was";
    EXPECT_EQ(explained->envelope.recipients[1].state, State::Deleted);
    EXPECT_EQ(stage.metrics.recipients_deleted.value(), 1U);
}

}  // namespace
