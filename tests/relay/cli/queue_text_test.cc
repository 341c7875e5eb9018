#include "relay/cli/queue_text.h"

#include <algorithm>

#include <gtest/gtest.h>

#include "relay/status/message_page.h"
#include "tests/relay/status/made_up.h"

namespace relay::cli {
namespace {

using status::kNoon;
using status::some_envelope;

TEST(SummaryText, CountsAndExplains) {
    const auto text = summary_text(R"({"waiting": 3, "active": 1, "held": 2, "octets": 5000,
        "oldest_seconds": 7200, "held_by_reason": {"no PTR record": 2}})");
    ASSERT_TRUE(text);
    EXPECT_EQ(*text,
              "waiting  3\nactive   1\nheld     2\nsize     4.8K\noldest   2h\n"
              "\nHELD  REASON\n2     no PTR record\n");
}

TEST(SummaryText, OfAnEmptyQueueIsShort) {
    const auto text = summary_text(R"({"waiting": 0, "oldest_seconds": null})");
    ASSERT_TRUE(text);
    EXPECT_EQ(*text, "waiting  0\nactive   0\nheld     0\nsize     0\noldest   -\n");
}

TEST(SummaryText, TellsWhatIsPaused) {
    const auto text = summary_text(R"({"waiting": 0, "oldest_seconds": null, "paused": [
        {"all": true, "since": "2026-11-22T12:00:00.000Z"},
        {"domain": "example.net", "since": "2026-11-22T12:00:01.000Z"},
        {"sender": "<>", "since": "2026-11-22T12:00:02.000Z"}]})");
    ASSERT_TRUE(text);
    EXPECT_NE(text->find("\nPAUSED              SINCE\n"
                         "all mail            2026-11-22T12:00:00.000Z\n"
                         "domain example.net  2026-11-22T12:00:01.000Z\n"
                         "sender <>           2026-11-22T12:00:02.000Z\n"),
              std::string::npos)
        << *text;
}

TEST(CheckText, CountsAndNamesWhatIsDamaged) {
    const auto whole = check_text(R"({"checked": 1, "damaged": [], "damaged_in_all": 0})");
    ASSERT_TRUE(whole);
    EXPECT_EQ(whole->text, "checked 1 message: all are whole\n");
    EXPECT_EQ(whole->damaged, 0U);
    const auto damaged = check_text(
        R"({"checked": 12, "damaged": [{"id": "0000000000001", "what": "lost"}], "damaged_in_all": 1})");
    ASSERT_TRUE(damaged);
    EXPECT_EQ(
        damaged->text,
        "checked 12 messages: 1 is damaged\nDAMAGED        WHAT IS WRONG\n0000000000001  lost\n");
    EXPECT_EQ(damaged->damaged, 1U);
    for (const char* page : {"", "[]", "{}", R"({"checked": 1, "damaged": 2})"}) {
        EXPECT_FALSE(check_text(page)) << page;
    }
}

TEST(MessageText, ExplainsAMessage) {
    Explained message{some_envelope(), "held", std::nullopt};
    message.envelope.hold = {"ptr of 192.0.2.1: no PTR record", kNoon};
    const auto text = message_text(status::message_page(message, kNoon));
    ASSERT_TRUE(text);
    for (const char* expected : {"app@example.com",
                                 "one@example.net",
                                 "two@example.net",
                                 "waiting after 2 attempts",
                                 "deferred: 451 4.2.0 come back (mx.example.net [192.0.2.9])",
                                 "ptr of 192.0.2.1: no PTR record",
                                 "released by itself when the check passes",
                                 "(1h ago)"}) {
        EXPECT_NE(text->find(expected), std::string::npos) << expected << "\n" << *text;
    }
    EXPECT_NE(text->find(message.envelope.id.text()), std::string::npos);
}

TEST(MessageText, SaysThatAMessageRequiresTls) {
    Explained message{some_envelope(), "waiting", std::nullopt};
    const auto shown = [&message] {
        return message_text(status::message_page(message, kNoon)).value_or("");
    };
    EXPECT_EQ(shown().find("TLS"), std::string::npos);
    message.envelope.require_tls = true;
    EXPECT_NE(shown().find("TLS on every hop (REQUIRETLS)"), std::string::npos) << shown();
}

TEST(MessageText, TellsWhatItWaitsForAndItsStory) {
    Explained message{some_envelope(), "waiting", kNoon};
    message.sites["example.net"] = SiteView{"mx:mx.example.net", 3, 1, 5};
    history::Event attempt;
    attempt.time = kNoon;
    attempt.kind = history::Kind::Attempt;
    attempt.add(history::Field::Host, "mx.example.net")
        .add(history::Field::Outcome, "deferred one@example.net: 451 4.2.0 come\x1b back");
    attempt.transcript = "S: 220 ready\nC: EHLO x\n";
    history::Event deferred;
    deferred.time = kNoon;
    deferred.kind = history::Kind::Deferred;
    deferred.add(history::Field::Reply, "451 4.2.0 come back").add(history::Field::Delay, "7");
    message.story = {{attempt, deferred}, 4, nullptr};
    const auto text = message_text(status::message_page(message, kNoon));
    ASSERT_TRUE(text);
    for (const char* expected :
         {"waits for  back-off after 2 attempts, until 2026-11-22T12:05:00.000Z\n",
          "mx:mx.example.net: 1 of 5 connections (the limit now), 3 wait there\n",
          "\nevents\n  2026-11-22T12:00:00.000Z  attempt      host=mx.example.net\n"
          "      deferred one@example.net: 451 4.2.0 come? back\n"
          "      S: 220 ready\n      C: EHLO x\n"
          "  2026-11-22T12:00:00.000Z  deferred     reply=\"451 4.2.0 come back\" delay=7\n"
          "  (a long story: 4 entries between the first and the last ones are left out)\n"}) {
        EXPECT_NE(text->find(expected), std::string::npos) << expected << "\n" << *text;
    }
}

TEST(ListText, HasARowForEachMessage) {
    ::queue::Page page;
    page.messages = {{some_envelope(), kNoon + std::chrono::minutes(5)},
                     {some_envelope(), kNoon - std::chrono::minutes(5)}};
    page.next = ::queue::MessageId(5);
    page.damaged = {::queue::MessageId(1), ::queue::MessageId(2)};
    const auto text = list_text(status::queue_page(page, kNoon), Heading::With);
    ASSERT_TRUE(text);
    EXPECT_EQ(text->messages, 2U);
    EXPECT_TRUE(text->table.starts_with("ID "));
    for (const char* expected : {"1h ",
                                 "1.2K",
                                 "app@example.com",
                                 "waiting",
                                 " 5m ",
                                 " now ",
                                 "one@example.net and 1 more",
                                 "451 4.2.0 come back"}) {
        EXPECT_NE(text->table.find(expected), std::string::npos) << expected << text->table;
    }
    EXPECT_EQ(text->next, ::queue::MessageId(5));
    EXPECT_EQ(text->damaged, "0000000000001, 0000000000002");
    EXPECT_EQ(std::count(text->json.begin(), text->json.end(), '\n'), 1);
}

TEST(ListText, OfNothingIsNothing) {
    const auto text = list_text(status::queue_page({}, kNoon), Heading::With);
    ASSERT_TRUE(text);
    EXPECT_EQ(text->messages, 0U);
    EXPECT_EQ(text->table, "");
    EXPECT_FALSE(text->next);
}

TEST(QueueText, UnderstandsNoOtherPage) {
    for (const char* page : {"", "[]", "null", "{", "1"}) {
        EXPECT_FALSE(summary_text(page)) << page;
        EXPECT_FALSE(message_text(page)) << page;
        EXPECT_FALSE(list_text(page, Heading::With)) << page;
    }
    EXPECT_FALSE(message_text("{}"));
    EXPECT_FALSE(list_text(R"({"messages": 1})", Heading::With));
}

}  // namespace
}  // namespace relay::cli
