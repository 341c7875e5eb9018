#include "relay/spool.h"

#include <chrono>
#include <thread>

#include <gtest/gtest.h>

#include "tests/support/relay_stage.h"

namespace {

using relay::check::Finding;
using relay::check::Verdict;
using support::RelayStage;
using Kind = queue::Outcome::Kind;

queue::Outcome outcome(Kind kind, queue::EnhancedStatus status, const std::string& text) {
    queue::Outcome made;
    made.kind = kind;
    made.status = status;
    made.text = text;
    return made;
}

const queue::Outcome kDelivered = outcome(Kind::Delivered, {2, 0, 0}, "250 2.0.0 ok");
const queue::Outcome kDeferred = outcome(Kind::Deferred, {4, 2, 0}, "450 4.2.0 later");
const queue::Outcome kFailed = outcome(Kind::Failed, {5, 1, 1}, "550 5.1.1 nobody");

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

std::optional<relay::Lease> lease_for(RelayStage& stage, const std::string& domain) {
    stage.spool->domains_to_route(stage.spool->now());
    stage.spool->assign(domain, "site-" + domain, relay::wall_clock() + std::chrono::hours(1));
    return stage.spool->next_for("site-" + domain, 1, {});
}

Finding finding(Verdict verdict) {
    Finding made;
    made.check = "ptr";
    made.subject = "192.0.2.1";
    made.verdict = verdict;
    made.seen = "no PTR record";
    made.ttl = std::chrono::seconds(1);
    return made;
}

void publish(RelayStage& stage, Verdict sources) {
    stage.gate.publish("", {finding(sources)}, relay::wall_clock());
    stage.gate.publish("example.com", {finding(Verdict::Pass)}, relay::wall_clock());
}

TEST(Spool, AcceptedMessageIsInTheStoreAndAsksForARoute) {
    RelayStage stage;
    const auto message = stage.message({"a@one.test"});
    ASSERT_TRUE(stage.wait(stage.spool->accept(message)));
    EXPECT_TRUE(stage.store->load(message->envelope.id));
    EXPECT_EQ(stage.unrouted, 1);
    EXPECT_EQ(stage.spool->domains_to_route(relay::wall_clock()),
              std::vector<std::string>{"one.test"});
}

TEST(Spool, DeliveredMessageLeavesTheStoreAndIsRemembered) {
    RelayStage stage;
    const auto message = stage.message({"a@one.test"});
    ASSERT_TRUE(stage.wait(stage.spool->accept(message)));
    auto lease = lease_for(stage, "one.test");
    ASSERT_TRUE(lease);
    EXPECT_EQ(lease->envelope().recipients.front().address.text(), "a@one.test");
    ASSERT_NE(lease->content(), nullptr);
    stage.spool->settle(std::move(*lease), {kDelivered});
    stage.settle_store();
    EXPECT_FALSE(stage.store->load(message->envelope.id));
    const auto explained = stage.wait(stage.spool->explain(message->envelope.id));
    ASSERT_TRUE(explained);
    EXPECT_EQ(explained->state, "finished");
    EXPECT_EQ(explained->envelope.recipients.front().state, queue::Recipient::State::Delivered);
    EXPECT_EQ(stage.metrics.recipients_delivered.value(), 1U);
}

TEST(Spool, LeaseThatIsDroppedGoesBack) {
    RelayStage stage;
    ASSERT_TRUE(stage.wait(stage.spool->accept(stage.message({"a@one.test"}))));
    {
        const auto dropped = lease_for(stage, "one.test");
        ASSERT_TRUE(dropped);
    }
    EXPECT_TRUE(stage.spool->next_for("site-one.test", 1, {}));
}

TEST(Spool, DeferredMessageWaitsInTheStoreForItsTurn) {
    RelayStage stage;
    const auto message = stage.message({"a@one.test"});
    ASSERT_TRUE(stage.wait(stage.spool->accept(message)));
    auto lease = lease_for(stage, "one.test");
    ASSERT_TRUE(lease);
    stage.spool->settle(std::move(*lease), {kDeferred});
    stage.settle_store();
    const auto stored = stage.store->load(message->envelope.id);
    ASSERT_TRUE(stored);
    ASSERT_TRUE(stored->due);
    EXPECT_GT(*stored->due, relay::wall_clock() + std::chrono::seconds(50));
    EXPECT_LT(*stored->due, relay::wall_clock() + std::chrono::seconds(70));
    EXPECT_EQ(stored->envelope.recipients.front().attempts, 1);
    EXPECT_EQ(stored->envelope.recipients.front().last->text, "450 4.2.0 later");
    EXPECT_EQ(stage.spool->view().in_memory, 0U);
}

TEST(Spool, DeferredMessageIsPagedInWhenDue) {
    RelayStage stage("[queue]\nretry = [\"1s\"]\n");
    stage.spool->start(stage.loops->first());
    ASSERT_TRUE(stage.wait(stage.spool->accept(stage.message({"a@one.test"}))));
    auto lease = lease_for(stage, "one.test");
    ASSERT_TRUE(lease);
    stage.spool->settle(std::move(*lease), {kDeferred});
    std::optional<relay::Lease> again;
    EXPECT_TRUE(eventually(
        [&] { return (again = stage.spool->next_for("site-one.test", 1, {})).has_value(); }));
    ASSERT_TRUE(again);
    EXPECT_EQ(again->content(), nullptr) << "the body is read back, not kept";
    const auto content = stage.wait(stage.spool->fetch(again->attempt().id));
    ASSERT_TRUE(content);
    EXPECT_EQ((*content)->body, "text\r\n");
}

TEST(Spool, RestartFindsWhatWasActive) {
    RelayStage stage;
    ASSERT_TRUE(stage.wait(stage.spool->accept(stage.message({"a@one.test"}))));
    stage.close();
    stage.open();
    stage.spool->start(stage.loops->first());
    EXPECT_TRUE(eventually([&] { return lease_for(stage, "one.test").has_value(); }));
}

TEST(Spool, RecipientsOfOneMessageEndApart) {
    RelayStage stage;
    const auto message = stage.message({"a@one.test", "b@two.test", "c@one.test"});
    ASSERT_TRUE(stage.wait(stage.spool->accept(message)));
    auto one = lease_for(stage, "one.test");
    ASSERT_TRUE(one);
    ASSERT_EQ(one->envelope().recipients.size(), 2U);
    stage.spool->settle(std::move(*one), {kDelivered, kDeferred});
    auto two = lease_for(stage, "two.test");
    ASSERT_TRUE(two);
    stage.spool->settle(std::move(*two), {kDelivered});
    stage.settle_store();
    const auto stored = stage.store->load(message->envelope.id);
    ASSERT_TRUE(stored);
    const auto& recipients = stored->envelope.recipients;
    EXPECT_EQ(recipients[0].state, queue::Recipient::State::Delivered);
    EXPECT_EQ(recipients[1].state, queue::Recipient::State::Delivered);
    EXPECT_EQ(recipients[2].state, queue::Recipient::State::Waiting);
    EXPECT_TRUE(stored->due);
}

TEST(Spool, FailedRecipientStaysOpenUntilTheReportIsStored) {
    RelayStage stage;
    const auto message = stage.message({"a@one.test"});
    ASSERT_TRUE(stage.wait(stage.spool->accept(message)));
    auto lease = lease_for(stage, "one.test");
    ASSERT_TRUE(lease);
    stage.spool->settle(std::move(*lease), {kFailed});
    ASSERT_EQ(stage.notices.size(), 1U);
    EXPECT_EQ(stage.notices.front().failed, std::vector<int>{0});
    stage.settle_store();
    const auto open = stage.store->load(message->envelope.id);
    ASSERT_TRUE(open);
    EXPECT_TRUE(open->envelope.is_open());

    const auto report = stage.message({"app@example.com"}, "");
    ASSERT_TRUE(stage.wait(stage.spool->accept_notice(report, stage.notices.front())));
    EXPECT_FALSE(stage.store->load(message->envelope.id));
    EXPECT_TRUE(stage.store->load(report->envelope.id));
    EXPECT_EQ(stage.metrics.recipients_bounced.value(), 1U);
}

TEST(Spool, NullSenderIsNeverReportedTo) {
    RelayStage stage;
    const auto message = stage.message({"a@one.test"}, "");
    ASSERT_TRUE(stage.wait(stage.spool->accept(message)));
    auto lease = lease_for(stage, "one.test");
    ASSERT_TRUE(lease);
    stage.spool->settle(std::move(*lease), {kFailed});
    EXPECT_TRUE(stage.notices.empty());
    stage.settle_store();
    EXPECT_FALSE(stage.store->load(message->envelope.id));
}

TEST(Spool, DomainThatLeadsNowhereEndsEveryMessageForIt) {
    RelayStage stage;
    ASSERT_TRUE(stage.wait(stage.spool->accept(stage.message({"a@one.test"}))));
    ASSERT_TRUE(stage.wait(stage.spool->accept(stage.message({"b@one.test"}))));
    stage.spool->domains_to_route(relay::wall_clock());
    stage.spool->settle_domain("one.test", kFailed);
    EXPECT_EQ(stage.notices.size(), 2U);
}

TEST(Spool, MessageExpiresWithoutAnotherAttempt) {
    RelayStage stage("[queue]\nexpire_after = \"1s\"\nretry = [\"1s\"]\n");
    const auto message = stage.message({"a@one.test"});
    ASSERT_TRUE(stage.wait(stage.spool->accept(message)));
    auto lease = lease_for(stage, "one.test");
    ASSERT_TRUE(lease);
    stage.spool->settle(std::move(*lease), {kDeferred});
    stage.spool->start(stage.loops->first());
    ASSERT_TRUE(eventually([&] {
        const std::lock_guard lock(stage.notices_mutex);
        return !stage.notices.empty();
    }));
    EXPECT_EQ(stage.notices.front().expired, std::vector<int>{0});
    EXPECT_EQ(stage.notices.front().envelope->recipients.front().last->text, "450 4.2.0 later");
}

TEST(Spool, BlockedMailIsHeldWithItsReasonAndReleasedByItself) {
    RelayStage stage("", conf::CheckMode::Enforce);
    publish(stage, Verdict::Block);
    stage.spool->start(stage.loops->first());
    const auto message = stage.message({"a@one.test"});
    ASSERT_TRUE(stage.wait(stage.spool->accept(message)));
    const auto held = stage.wait(stage.spool->explain(message->envelope.id));
    ASSERT_TRUE(held);
    EXPECT_EQ(held->state, "held");
    EXPECT_NE(held->envelope.hold.reason.find("no PTR record"), std::string::npos)
        << held->envelope.hold.reason;
    EXPECT_TRUE(eventually([&] { return stage.spool->view().held.size() == 1; }));
    EXPECT_EQ(stage.unrouted, 0);

    publish(stage, Verdict::Pass);
    EXPECT_TRUE(eventually([&] { return stage.unrouted > 0; }));
    EXPECT_TRUE(lease_for(stage, "one.test"));
}

TEST(Spool, ReleasedMailIsToBeSignedAnew) {
    RelayStage stage("", conf::CheckMode::Enforce);
    stage.spool->start(stage.loops->first());
    publish(stage, Verdict::Block);
    auto message = stage.message({"user@dest.example"});
    message->envelope.signed_by = "example.com/k1";
    ASSERT_TRUE(stage.wait(stage.spool->accept(message)));
    EXPECT_EQ(stage.store->load(message->envelope.id)->envelope.signed_by, "example.com/k1");
    publish(stage, Verdict::Pass);
    std::optional<relay::Lease> lease;
    ASSERT_TRUE(eventually([&] { return (lease = lease_for(stage, "dest.example")).has_value(); }));
    EXPECT_EQ(lease->envelope().signed_by, "");
}

TEST(Spool, OtherSignaturesGoIntoTheLeaseAndTheStore) {
    RelayStage stage;
    auto message = stage.message({"a@dest.example"});
    ASSERT_TRUE(stage.wait(stage.spool->accept(message)));
    auto lease = lease_for(stage, "dest.example");
    ASSERT_TRUE(lease);
    const std::string before = lease->content()->signatures;
    const auto size = lease->envelope().size;
    stage.spool->replace_signatures(
        *lease, before + "DKIM-Signature: v=1; s=new\r\n", "example.com/new");
    EXPECT_EQ(lease->content()->signatures, before + "DKIM-Signature: v=1; s=new\r\n");
    EXPECT_EQ(lease->content()->body, message->content->body);
    EXPECT_EQ(lease->envelope().signed_by, "example.com/new");
    EXPECT_EQ(lease->envelope().size, size + lease->content()->signatures.size() - before.size());
    stage.spool->settle(std::move(*lease), {kDeferred});
    stage.settle_store();
    const auto stored = stage.store->load(message->envelope.id);
    ASSERT_TRUE(stored);
    EXPECT_EQ(stored->content.signatures, before + "DKIM-Signature: v=1; s=new\r\n");
    EXPECT_EQ(stored->envelope.signed_by, "example.com/new");
    EXPECT_EQ(stored->envelope.size, size + stored->content.signatures.size() - before.size());
}

TEST(Spool, GateThatClosesMeanwhileHoldsWhatWasAlreadyScheduled) {
    RelayStage stage("", conf::CheckMode::Enforce);
    publish(stage, Verdict::Pass);
    const auto message = stage.message({"a@one.test"});
    ASSERT_TRUE(stage.wait(stage.spool->accept(message)));
    publish(stage, Verdict::Block);
    EXPECT_FALSE(lease_for(stage, "one.test"));
    stage.settle_store();
    const auto held = stage.wait(stage.spool->explain(message->envelope.id));
    ASSERT_TRUE(held);
    EXPECT_EQ(held->state, "held");
}

TEST(Spool, HeldMailExpires) {
    RelayStage stage("[queue]\nexpire_after = \"1s\"\n", conf::CheckMode::Enforce);
    publish(stage, Verdict::Block);
    stage.spool->start(stage.loops->first());
    ASSERT_TRUE(stage.wait(stage.spool->accept(stage.message({"a@one.test"}))));
    ASSERT_TRUE(eventually([&] {
        const std::lock_guard lock(stage.notices_mutex);
        return !stage.notices.empty();
    }));
}

TEST(Spool, ActiveSetIsBoundedAndTheRestIsPagedIn) {
    RelayStage stage("[queue]\nactive_messages = 100\n");
    for (int i = 0; i < 130; ++i) {
        ASSERT_TRUE(stage.wait(stage.spool->accept(stage.message({"a@one.test"}))));
    }
    EXPECT_EQ(stage.spool->view().in_memory, 100U);
    stage.spool->start(stage.loops->first());
    int delivered = 0;
    EXPECT_TRUE(eventually([&] {
        while (auto lease = lease_for(stage, "one.test")) {
            stage.spool->settle(std::move(*lease), {kDelivered});
            ++delivered;
        }
        return delivered == 130;
    }));
    stage.settle_store();
    EXPECT_EQ(stage.store->totals()->waiting + stage.store->totals()->active, 0U);
}

TEST(Spool, WaitingCourierIsWokenByNewMail) {
    RelayStage stage;
    ASSERT_TRUE(stage.wait(stage.spool->accept(stage.message({"a@one.test"}))));
    auto lease = lease_for(stage, "one.test");
    ASSERT_TRUE(lease);
    stage.spool->settle(std::move(*lease), {kDelivered});
    std::atomic<int> woken{0};
    EXPECT_FALSE(stage.spool->next_for("site-one.test", 7, [&woken] { ++woken; }));
    ASSERT_TRUE(stage.wait(stage.spool->accept(stage.message({"b@one.test"}))));
    EXPECT_EQ(woken, 1);
    ASSERT_TRUE(stage.wait(stage.spool->accept(stage.message({"c@one.test"}))));
    EXPECT_EQ(woken, 1) << "woken once for each wait";
}

TEST(Spool, OperatorRetriesAndDeletes) {
    RelayStage stage;
    const auto message = stage.message({"a@one.test"});
    ASSERT_TRUE(stage.wait(stage.spool->accept(message)));
    auto lease = lease_for(stage, "one.test");
    ASSERT_TRUE(lease);
    stage.spool->settle(std::move(*lease), {kDeferred});
    stage.settle_store();
    stage.spool->start(stage.loops->first());
    queue::Filter filter;
    filter.domain = "one.test";
    const auto retried = stage.wait(stage.spool->retry(filter));
    ASSERT_TRUE(retried);
    EXPECT_EQ(*retried, 1U);
    std::optional<relay::Lease> again;
    EXPECT_TRUE(eventually([&] { return (again = lease_for(stage, "one.test")).has_value(); }));
    queue::Filter by_id;
    by_id.id = message->envelope.id;
    const auto deleted = stage.wait(stage.spool->remove(by_id));
    ASSERT_TRUE(deleted);
    EXPECT_EQ(*deleted, 1U);
    ASSERT_TRUE(again);
    stage.spool->settle(std::move(*again),
                        {kDeferred});  // the attempt that was under way ends quietly
    stage.settle_store();
    EXPECT_FALSE(stage.store->load(message->envelope.id));
    EXPECT_EQ(stage.spool->view().in_memory, 0U);
    const auto explained = stage.wait(stage.spool->explain(message->envelope.id));
    ASSERT_TRUE(explained);
    EXPECT_EQ(explained->envelope.recipients.front().state, queue::Recipient::State::Deleted);
}

}  // namespace
