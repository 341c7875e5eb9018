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

TEST(Attempt, NamesItsRecipientsInOrder) {
    const Attempt attempt{
        MessageId(1), "site", {{MessageId(1), "b", {4, 5}}, {MessageId(1), "a", {0, 7}}}};
    EXPECT_EQ(attempt.recipients(), (std::vector<int>{0, 4, 5, 7}));
}

}  // namespace
}  // namespace queue
