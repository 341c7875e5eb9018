#include "relay/out/attempt_event.h"

#include <gtest/gtest.h>

namespace relay::out {
namespace {

using Kind = queue::Outcome::Kind;

queue::Outcome outcome(Kind kind, const std::string& text, const std::string& host = {}) {
    queue::Outcome made;
    made.kind = kind;
    made.text = text;
    made.host = host;
    made.ip = host.empty() ? "" : "192.0.2.1";
    return made;
}

queue::Envelope envelope(int recipients) {
    queue::Envelope made;
    for (int i = 0; i < recipients; ++i) {
        queue::Recipient recipient;
        recipient.address = *queue::Address::parse("user" + std::to_string(i) + "@example.net");
        made.recipients.push_back(recipient);
    }
    return made;
}

std::vector<std::string> sentences(const history::Event& event) {
    std::vector<std::string> all;
    for (const auto& [field, text] : event.fields) {
        if (field == history::Field::Outcome) {
            all.push_back(text);
        }
    }
    return all;
}

const queue::Attempt kAttempt{queue::MessageId(7), "mx:mx.example.net", {}};

TEST(AttemptEvent, SaysWhatCameOfEachRecipient) {
    const auto event = attempt_event(kAttempt,
                                     envelope(3),
                                     {outcome(Kind::Delivered, "250 ok", "mx.example.net"),
                                      outcome(Kind::Failed, "550 nobody", "mx.example.net"),
                                      outcome(Kind::Delivered, "250 ok", "mx.example.net")},
                                     queue::Instant(std::chrono::milliseconds(5)));
    EXPECT_EQ(event.id, kAttempt.id);
    EXPECT_EQ(event.time.time_since_epoch().count(), 5);
    EXPECT_EQ(event.kind, history::Kind::Attempt);
    EXPECT_EQ(event.value(history::Field::Site), "mx:mx.example.net");
    EXPECT_EQ(event.value(history::Field::Host), "mx.example.net");
    EXPECT_EQ(event.value(history::Field::Ip), "192.0.2.1");
    EXPECT_EQ(sentences(event),
              (std::vector<std::string>{"delivered user0@example.net, user2@example.net: 250 ok",
                                        "failed user1@example.net: 550 nobody"}));
}

TEST(AttemptEvent, NamesNoHostWhereNoneWasReached) {
    const auto event = attempt_event(kAttempt, envelope(1), {outcome(Kind::Deferred, "no")}, {});
    EXPECT_EQ(event.value(history::Field::Host), "");
}

TEST(AttemptEvent, NamesABoundedNumberOfRecipients) {
    const auto event = attempt_event(
        kAttempt, envelope(1000), std::vector(1000, outcome(Kind::Deferred, "451 later")), {});
    ASSERT_EQ(sentences(event).size(), 1U);
    EXPECT_TRUE(sentences(event)[0].ends_with("user9@example.net and 990 more: 451 later"))
        << sentences(event)[0];
}

TEST(AttemptEvent, TellsABoundedNumberOfOutcomes) {
    std::vector<queue::Outcome> outcomes;
    for (int i = 0; i < 1000; ++i) {
        outcomes.push_back(outcome(Kind::Deferred, std::to_string(i)));
    }
    EXPECT_EQ(sentences(attempt_event(kAttempt, envelope(1000), outcomes, {})).size(),
              kOutcomesTold);
}

}  // namespace
}  // namespace relay::out
