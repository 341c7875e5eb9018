#include "relay/status/message_page.h"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "tests/relay/status/made_up.h"

namespace relay::status {
namespace {

using nlohmann::json;

TEST(MessagePage, ExplainsEachRecipient) {
    const Explained message{some_envelope(), "waiting", kNoon + std::chrono::minutes(5)};
    const auto page = json::parse(message_page(message, kNoon));
    EXPECT_EQ(page["id"], message.envelope.id.text());
    EXPECT_EQ(page["state"], "waiting");
    EXPECT_EQ(page["sender"], "app@example.com");
    EXPECT_EQ(page["signed_by"], "example.com/2026a");
    EXPECT_EQ(page["accepted"], "2026-11-22T11:00:00.000Z");
    EXPECT_EQ(page["age_seconds"], 3600);
    EXPECT_EQ(page["size"], 1234);
    EXPECT_EQ(page["next"], "2026-11-22T12:05:00.000Z");
    EXPECT_TRUE(page["hold"].is_null());
    ASSERT_EQ(page["recipients"].size(), 2U);
    const auto& first = page["recipients"][0];
    EXPECT_EQ(first["address"], "one@example.net");
    EXPECT_EQ(first["state"], "waiting");
    EXPECT_EQ(first["attempts"], 2);
    EXPECT_EQ(first["next"], "2026-11-22T12:05:00.000Z");
    EXPECT_EQ(first["last"]["kind"], "deferred");
    EXPECT_EQ(first["last"]["status"], "4.2.0");
    EXPECT_EQ(first["last"]["text"], "451 4.2.0 come back");
    EXPECT_EQ(first["last"]["host"], "mx.example.net");
    EXPECT_EQ(first["last"]["ip"], "192.0.2.9");
    EXPECT_EQ(first["last"]["said_by_host"], true);
    EXPECT_TRUE(page["recipients"][1]["last"].is_null());
}

TEST(MessagePage, SaysWhetherItRequiresTls) {
    Explained message{some_envelope(), "waiting", kNoon};
    EXPECT_EQ(json::parse(message_page(message, kNoon))["require_tls"], false);
    message.envelope.require_tls = true;
    EXPECT_EQ(json::parse(message_page(message, kNoon))["require_tls"], true);
}

TEST(MessagePage, SaysWhatHoldsItAndHowItIsReleased) {
    Explained message{some_envelope(), "held", std::nullopt};
    message.envelope.hold = {"ptr of 192.0.2.1: no PTR record", kNoon};
    const auto page = json::parse(message_page(message, kNoon));
    EXPECT_EQ(page["hold"]["reason"], "ptr of 192.0.2.1: no PTR record");
    EXPECT_EQ(page["hold"]["since"], "2026-11-22T12:00:00.000Z");
    EXPECT_EQ(page["hold"]["release"], "released by itself when the check passes");
}

TEST(MessagePage, OfAFinishedOneHasNothingToCome) {
    Explained message{some_envelope(), "finished", std::nullopt};
    message.envelope.sender = {};
    for (auto& recipient : message.envelope.recipients) {
        recipient.state = queue::Recipient::State::Delivered;
    }
    const auto page = json::parse(message_page(message, kNoon));
    EXPECT_EQ(page["sender"], "<>");
    EXPECT_TRUE(page["next"].is_null());
    EXPECT_EQ(page["recipients"][0]["state"], "delivered");
    EXPECT_TRUE(page["recipients"][0]["next"].is_null());
}

TEST(MessagePage, TellsWhatARecipientWaitsForAndTheLimitOfItsSite) {
    Explained message{some_envelope(), "waiting", kNoon + std::chrono::minutes(5)};
    message.sites["example.net"] = SiteView{"mx:mx.example.net", 3, 1, 5};
    const auto page = json::parse(message_page(message, kNoon));
    const auto& first = page["recipients"][0];
    EXPECT_EQ(first["waits_for"], "back-off after 2 attempts, until 2026-11-22T12:05:00.000Z");
    EXPECT_EQ(first["site"]["name"], "mx:mx.example.net");
    EXPECT_EQ(first["site"]["connections"], 1);
    EXPECT_EQ(first["site"]["limit"], 5);
    EXPECT_EQ(first["site"]["waiting"], 3);
    message.sites.clear();
    EXPECT_TRUE(json::parse(message_page(message, kNoon))["recipients"][0]["site"].is_null());
}

TEST(MessagePage, TellsItsStory) {
    Explained message{some_envelope(), "waiting", kNoon};
    history::Event accepted;
    accepted.time = kNoon;
    accepted.add(history::Field::Client, "127.0.0.1").add(history::Field::Size, "1234");
    history::Event attempt;
    attempt.time = kNoon;
    attempt.kind = history::Kind::Attempt;
    attempt.add(history::Field::Outcome, "one").add(history::Field::Outcome, "two");
    attempt.transcript = "S: 220 ready\nC: EHLO x\n";
    history::Event deferred;
    deferred.time = kNoon;
    deferred.kind = history::Kind::Deferred;
    deferred.add(history::Field::Next, std::to_string(kNoon.time_since_epoch().count()))
        .add(history::Field::Reason, "17");
    message.story = {{accepted, attempt, deferred}, 4, nullptr};
    const auto page = json::parse(message_page(message, kNoon));
    EXPECT_EQ(page["events_left_out"], 4);
    EXPECT_EQ(page["events"], json::parse(R"([
        {"time": "2026-11-22T12:00:00.000Z", "event": "accepted", "client": "127.0.0.1",
         "size": 1234},
        {"time": "2026-11-22T12:00:00.000Z", "event": "attempt", "outcomes": ["one", "two"],
         "transcript": ["S: 220 ready", "C: EHLO x"]},
        {"time": "2026-11-22T12:00:00.000Z", "event": "deferred",
         "next": "2026-11-22T12:00:00.000Z", "reason": "17"}])"));
}

TEST(QueuePage, ListsMessagesInTheirStates) {
    queue::Page found;
    auto held = some_envelope();
    held.hold = {"why", kNoon};
    found.messages = {{some_envelope(), kNoon + std::chrono::minutes(5)},
                      {some_envelope(), std::nullopt},
                      {held, kNoon}};
    found.next = queue::MessageId(7);
    found.damaged = {queue::MessageId(3)};
    const auto page = json::parse(queue_page(found, kNoon));
    ASSERT_EQ(page["messages"].size(), 3U);
    EXPECT_EQ(page["messages"][0]["state"], "waiting");
    EXPECT_EQ(page["messages"][0]["next_seconds"], 300);
    EXPECT_EQ(page["messages"][0]["reason"], "451 4.2.0 come back");
    EXPECT_EQ(page["messages"][0]["recipients"],
              json::array({"one@example.net", "two@example.net"}));
    EXPECT_EQ(page["messages"][1]["state"], "active");
    EXPECT_TRUE(page["messages"][1]["next"].is_null());
    EXPECT_EQ(page["messages"][2]["state"], "held");
    EXPECT_EQ(page["messages"][2]["reason"], "why");
    EXPECT_EQ(page["next"], queue::MessageId(7).text());
    EXPECT_EQ(page["damaged"], json::array({queue::MessageId(3).text()}));
}

TEST(QueuePage, NamesABoundedNumberOfRecipients) {
    queue::Page found;
    auto envelope = some_envelope();
    envelope.recipients.resize(1000, envelope.recipients.front());
    found.messages = {{envelope, std::nullopt}};
    const auto page = json::parse(queue_page(found, kNoon));
    EXPECT_EQ(page["messages"][0]["recipients"].size(), kMaxListed);
    EXPECT_EQ(page["messages"][0]["recipient_count"], 1000);
}

TEST(QueuePage, OfNothingIsEmpty) {
    const auto page = json::parse(queue_page({}, kNoon));
    EXPECT_EQ(page["messages"], json::array());
    EXPECT_TRUE(page["next"].is_null());
}

}  // namespace
}  // namespace relay::status
