#include "queue/envelope.h"

#include <gtest/gtest.h>

#include "queue/attempt.h"

namespace queue {
namespace {

Instant at(int ms) {
    return Instant(Duration(ms));
}

TEST(Envelope, IsOpenWhileARecipientWaits) {
    Envelope envelope;
    envelope.recipients.resize(3);
    envelope.recipients[0].state = Recipient::State::Delivered;
    envelope.recipients[1].state = Recipient::State::Failed;
    EXPECT_TRUE(envelope.is_open());
    for (const auto state : {Recipient::State::Delivered,
                             Recipient::State::Failed,
                             Recipient::State::Expired,
                             Recipient::State::Deleted}) {
        envelope.recipients[2].state = state;
        EXPECT_FALSE(envelope.is_open());
    }
}

TEST(Envelope, IsDueWithItsEarliestOpenRecipient) {
    Envelope envelope;
    envelope.recipients.resize(3);
    envelope.recipients[0].due = at(10);
    envelope.recipients[0].state = Recipient::State::Delivered;
    envelope.recipients[1].due = at(30);
    envelope.recipients[2].due = at(20);
    EXPECT_EQ(envelope.due(), at(20));
}

TEST(Envelope, IsNeverDueWhenNobodyWaits) {
    EXPECT_EQ(Envelope().due(), Instant::max());
}

TEST(Recipient, AwaitsAReportOnceDeliveredAndNotClosed) {
    Recipient recipient;
    EXPECT_FALSE(recipient.awaits_report());
    recipient.last = Outcome{};
    EXPECT_FALSE(recipient.awaits_report()) << "deferred";
    recipient.last->kind = Outcome::Kind::Delivered;
    EXPECT_TRUE(recipient.awaits_report());
    recipient.state = Recipient::State::Delivered;
    EXPECT_FALSE(recipient.awaits_report());
}

TEST(DsnRequest, AsksForFailuresUnlessItSaysOtherwise) {
    DsnRequest request;
    EXPECT_TRUE(request.notify.is_unset());
    EXPECT_TRUE(request.wants_failure());
    EXPECT_FALSE(request.wants_success());
    request.notify.delay = true;
    EXPECT_FALSE(request.wants_failure());
    request.notify.failure = true;
    EXPECT_TRUE(request.wants_failure());
    request.notify = {};
    request.notify.success = true;
    EXPECT_FALSE(request.wants_failure());
    EXPECT_TRUE(request.wants_success());
    request.notify = {};
    request.notify.never = true;
    EXPECT_FALSE(request.wants_failure());
    EXPECT_FALSE(request.wants_success());
}

TEST(Attempt, NamesItsRecipientsInOrder) {
    const Attempt attempt{
        MessageId(1), "site", {{MessageId(1), "b", {4, 5}}, {MessageId(1), "a", {0, 7}}}};
    EXPECT_EQ(attempt.recipients(), (std::vector<int>{0, 4, 5, 7}));
}

}  // namespace
}  // namespace queue
