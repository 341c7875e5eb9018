// Who is told that a message takes longer, when, and how often.
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

constexpr queue::Notify kNever{.never = true};
constexpr queue::Notify kFailure{.failure = true};
constexpr queue::Notify kDelay{.delay = true};

relay::SpoolTerms terms_of(const TestClock& clock) {
    relay::SpoolTerms terms;
    terms.clocks = clock.clocks();
    return terms;
}

struct Stage {
    TestClock clock;
    RelayStage relay;

    explicit Stage(const std::string& queue = "retry = [\"6h\"]\n",
                   conf::CheckMode mode = conf::CheckMode::Off)
        : relay("[queue]\n" + queue, mode, terms_of(clock)) {}
    void start() { relay.spool->start(relay.loops->first()); }
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
};

TEST(SpoolDelay, SenderOfAMessageThatWaitsIsToldOnce) {
    Stage stage;
    stage.start();
    const Sent sent(stage.relay, {"a@one.test", "b@one.test"});
    const auto accepted = sent.message->envelope.accepted;
    sent.settle("one.test", {kDeferred, kDelivered});
    EXPECT_EQ(sent.whole().due, accepted + 4h) << "paged in for the report";
    stage.clock.pass(4h);
    ASSERT_TRUE(eventually([&] { return sent.notices() == 1; }));
    const auto notice = sent.notice();
    EXPECT_EQ(notice.delayed, Positions{0});
    EXPECT_EQ(notice.until, accepted + 4 * 24h);
    EXPECT_FALSE(notice.gives_up());
    EXPECT_EQ(notice.action(), "delayed");
    EXPECT_EQ(notice.envelope->recipients[0].last->text, "a reply");
    stage.relay.settle_store();
    EXPECT_GT(sent.whole().due, accepted + 5h) << "put back for its next attempt";
    EXPECT_FALSE(sent.whole().envelope.delay_told);
    sent.report();
    const auto whole = sent.whole();
    EXPECT_TRUE(whole.envelope.delay_told);
    EXPECT_GT(whole.due, accepted + 5h);
    EXPECT_EQ(whole.envelope.recipients[0].attempts, 1) << "nothing was tried for it";

    stage.clock.pass(3h);
    std::optional<relay::Lease> again;
    ASSERT_TRUE(eventually([&] { return (again = sent.lease("one.test")).has_value(); }));
    stage.relay.spool->settle(std::move(*again), {kDeferred});
    stage.relay.settle_store();
    EXPECT_EQ(sent.notices(), 1U);
    EXPECT_TRUE(sent.whole().envelope.delay_told);
}

TEST(SpoolDelay, OnlyThoseAreNamedWhoAreToBe) {
    Stage stage;
    stage.start();
    const Sent sent(stage.relay,
                    {"a@one.test", "b@one.test", "c@one.test", "d@one.test"},
                    {kDelay, kNever, {}, kFailure});
    sent.settle("one.test", {kDeferred, kDeferred, kDeferred, kDeferred});
    stage.clock.pass(4h);
    ASSERT_TRUE(eventually([&] { return sent.notices() == 1; }));
    EXPECT_EQ(sent.notice().delayed, (Positions{0, 2}));
}

TEST(SpoolDelay, NobodyIsToldWhoNeedNotKnow) {
    struct Case {
        const char* queue;
        queue::Notify notify;
        const char* sender;
    };
    for (const auto& [queue, notify, sender] :
         {Case{"retry = [\"6h\"]\n", kNever, "app@example.com"},
          Case{"retry = [\"6h\"]\n", kFailure, "app@example.com"},
          Case{"retry = [\"6h\"]\n", {}, ""},
          Case{"retry = [\"6h\"]\ndelay_warning = \"0\"\n", {}, "app@example.com"},
          Case{"retry = [\"6h\"]\nexpire_after = \"4h\"\n", {}, "app@example.com"}}) {
        Stage stage(queue);
        const Sent sent(stage.relay, {"a@one.test"}, {notify}, sender);
        const auto accepted = sent.message->envelope.accepted;
        stage.clock.pass(1s);
        sent.settle("one.test", {kDeferred});
        EXPECT_NE(sent.whole().due, accepted + 4h + 1s);
        EXPECT_EQ(sent.whole().due, sent.stored(0).due) << "not paged in for it";
    }
}

TEST(SpoolDelay, SenderOfAMessageThatNobodyComesForIsTold) {
    Stage stage;
    stage.start();
    const Sent sent(stage.relay, {"a@one.test"});
    stage.clock.pass(4h);
    ASSERT_TRUE(eventually([&] { return sent.notices() == 1; }));
    EXPECT_FALSE(sent.notice().envelope->recipients[0].last);
    sent.report();
    EXPECT_TRUE(sent.whole().envelope.delay_told);
    const auto lease = sent.lease("one.test");
    ASSERT_TRUE(lease);
    EXPECT_TRUE(lease->envelope().delay_told);
}

TEST(SpoolDelay, SenderOfHeldMailIsToldWhatHoldsIt) {
    Stage stage("retry = [\"6h\"]\n", conf::CheckMode::Enforce);
    stage.publish(Verdict::Block);
    stage.start();
    const Sent sent(stage.relay, {"a@one.test"});
    EXPECT_FALSE(sent.whole().envelope.hold.reason.empty());
    stage.clock.pass(4h);
    ASSERT_TRUE(eventually([&] { return sent.notices() == 1; }));
    EXPECT_NE(sent.notice().envelope->hold.reason.find("no PTR record"), std::string::npos);
    const auto report = stage.relay.message({"app@example.com"}, "");
    ASSERT_TRUE(stage.relay.wait(stage.relay.spool->accept_notice(report, sent.notice())));
    const auto whole = sent.whole();
    EXPECT_TRUE(whole.envelope.delay_told);
    EXPECT_FALSE(whole.envelope.hold.reason.empty()) << "it is held as before";
    EXPECT_TRUE(stage.relay.store->load(report->envelope.id));

    stage.publish(Verdict::Pass);
    EXPECT_TRUE(eventually([&] { return sent.lease("one.test").has_value(); }));
    EXPECT_EQ(sent.notices(), 1U);
}

TEST(SpoolDelay, ReleaseWhileTheReportIsMadeIsNotUndone) {
    Stage stage("retry = [\"6h\"]\n", conf::CheckMode::Enforce);
    stage.publish(Verdict::Block);
    stage.start();
    const Sent sent(stage.relay, {"a@one.test"});
    stage.clock.pass(4h);
    ASSERT_TRUE(eventually([&] { return sent.notices() == 1; }));
    stage.publish(Verdict::Pass);
    std::optional<relay::Lease> lease;
    ASSERT_TRUE(eventually([&] { return (lease = sent.lease("one.test")).has_value(); }));
    sent.report();
    EXPECT_TRUE(sent.whole().envelope.hold.reason.empty());
    stage.relay.spool->settle(std::move(*lease), {kDeferred});
    stage.relay.settle_store();
    EXPECT_TRUE(sent.whole().envelope.delay_told);
}

TEST(SpoolDelay, PersonsHoldIsToldWithoutAnEnd) {
    Stage stage;
    const auto message = stage.relay.message({"a@one.test"});
    message->envelope.hold = {"wait for the lawyers", stage.relay.spool->now(), true};
    queue::Store* const store = stage.relay.store.get();
    const std::vector<queue::Change> changes{queue::Insert{message, message->envelope.accepted}};
    ASSERT_TRUE(store->commit(changes));
    stage.start();
    stage.clock.pass(4h);
    ASSERT_TRUE(eventually([&] { return notices_of(stage.relay).size() == 1; }));
    EXPECT_EQ(notices_of(stage.relay)[0].until, std::nullopt);
    EXPECT_TRUE(notices_of(stage.relay)[0].envelope->hold.person);
}

TEST(SpoolDelay, ReportIsNotStoredWhenAllHaveEndedMeanwhile) {
    Stage stage;
    stage.start();
    const Sent sent(stage.relay, {"a@one.test"});
    stage.clock.pass(4h);
    ASSERT_TRUE(eventually([&] { return sent.notices() == 1; }));
    sent.settle("one.test", {kDelivered});
    EXPECT_FALSE(sent.stored());
    const auto report = stage.relay.message({"app@example.com"}, "");
    const auto result = stage.relay.wait(stage.relay.spool->accept_notice(report, sent.notice()));
    ASSERT_TRUE(result);
    EXPECT_EQ(*result, relay::Spool::Report::Unneeded);
    stage.relay.settle_store();
    EXPECT_FALSE(stage.relay.store->load(report->envelope.id));
}

TEST(SpoolDelay, ReportThatCouldNotBeMadeIsMadeLater) {
    Stage stage;
    stage.start();
    const Sent sent(stage.relay, {"a@one.test"});
    stage.clock.pass(4h);
    ASSERT_TRUE(eventually([&] { return sent.notices() == 1; }));
    stage.relay.spool->owe_again(sent.notice());
    stage.clock.pass(61s);
    ASSERT_TRUE(eventually([&] { return sent.notices() == 2; }));
    sent.report(1);
    EXPECT_TRUE(sent.whole().envelope.delay_told);
}

TEST(SpoolDelay, RestartTellsNobodyTwice) {
    Stage stage;
    stage.start();
    const Sent sent(stage.relay, {"a@one.test"});
    stage.clock.pass(4h);
    ASSERT_TRUE(eventually([&] { return sent.notices() == 1; }));
    sent.report();
    stage.relay.close();
    stage.relay.notices.clear();
    stage.relay.open();
    stage.start();
    ASSERT_TRUE(eventually([&] { return sent.lease("one.test").has_value(); }));
    sent.settle("one.test", {kDeferred});
    EXPECT_EQ(sent.notices(), 0U);
}

TEST(SpoolDelay, OneSenderHearsOfAHundredAnHourAndOfTheRestLater) {
    Stage stage("retry = [\"1h\"]\nactive_messages = 200\n", conf::CheckMode::Enforce);
    stage.publish(Verdict::Block);
    stage.start();
    std::vector<Sent> all;
    for (int i = 0; i < 103; ++i) {
        all.emplace_back(stage.relay, std::vector<std::string>{"a@one.test"});
    }
    stage.clock.pass(4h);
    ASSERT_TRUE(eventually([&] { return all[0].notices() == 100; }));
    for (std::size_t i = 0; i < 100; ++i) {
        all[0].report(i);
    }
    EXPECT_EQ(all[0].notices(), 100U);
    stage.clock.pass(1h + 1min);
    EXPECT_TRUE(eventually([&] { return all[0].notices() == 103; }));
}

}  // namespace
