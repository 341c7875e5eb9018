#include "relay/status/waits.h"

#include <gtest/gtest.h>

#include "tests/relay/status/made_up.h"

namespace relay::status {
namespace {

TEST(Waits, TellsTheBackOffAndItsEnd) {
    const Explained message{some_envelope(), "waiting", kNoon + std::chrono::minutes(5)};
    EXPECT_EQ(waits_for(message, 0, kNoon),
              "back-off after 2 attempts, until 2026-11-22T12:05:00.000Z");
    EXPECT_EQ(waits_for(message, 0, kNoon + std::chrono::minutes(5)), "its turn");
}

TEST(Waits, TellsTheHold) {
    Explained message{some_envelope(), "held"};
    message.envelope.hold.reason = "why";
    EXPECT_EQ(waits_for(message, 0, kNoon), "the hold");
}

TEST(Waits, TellsWhatAnActiveMessageWaitsFor) {
    const auto later = kNoon + std::chrono::hours(1);
    Explained message{some_envelope(), "active"};
    EXPECT_EQ(waits_for(message, 0, later), "an attempt that is under way");
    message.queued = {0};
    EXPECT_EQ(waits_for(message, 0, later),
              "a route: the hosts of example.net are being looked up");
    message.sites["example.net"] = SiteView{"mx:mx.example.net", 7, 1, 2};
    EXPECT_EQ(waits_for(message, 0, later), "a connection to the site: 1 of 2 are open");
    message.sites["example.net"].connections = 2;
    EXPECT_EQ(waits_for(message, 0, later),
              "the site's limit: all 2 connections that it may have now are in use, 7 messages "
              "wait");
    EXPECT_EQ(waits_for(message, 1, later), "an attempt that is under way");
}

TEST(Waits, TellsTheReport) {
    Explained message{some_envelope(), "active"};
    message.reported = {1};
    EXPECT_EQ(waits_for(message, 1, kNoon), "the report to the sender");
    message.envelope.recipients[0].last->kind = queue::Outcome::Kind::Delivered;
    EXPECT_EQ(waits_for(message, 0, kNoon), "the report to the sender");
}

TEST(Waits, TellsNothingOfWhatIsDone) {
    Explained message{some_envelope(), "finished"};
    EXPECT_EQ(waits_for(message, 0, kNoon), "");
    message.state = "waiting";
    message.envelope.recipients[0].state = queue::Recipient::State::Delivered;
    EXPECT_EQ(waits_for(message, 0, kNoon), "");
}

TEST(ReleaseText, NamesWhatEndsEachHold) {
    auto envelope = some_envelope();
    envelope.hold = {"ptr of 192.0.2.1: no PTR record", kNoon};
    EXPECT_EQ(release_text(envelope), "released by itself when the check passes");
    envelope.hold.reason = "no selector of example.com is proven: 2026a is not published";
    EXPECT_NE(release_text(envelope).find("signet dkim status"), std::string::npos);
    envelope.hold.reason = "sending is paused by a person (all mail)";
    EXPECT_NE(release_text(envelope).find("signet resume"), std::string::npos);
    envelope.hold = {"held by a person: wait", kNoon, true};
    EXPECT_NE(release_text(envelope).find("signet queue release --id " + envelope.id.text()),
              std::string::npos);
}

}  // namespace
}  // namespace relay::status
