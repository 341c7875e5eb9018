#include "relay/smtp/client_dialog.h"

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

#include <gtest/gtest.h>

#include "tests/relay/smtp/client_transcript.h"

namespace relay::smtp {
namespace {

using tests::delivery;
using tests::greeted;
using tests::kPipelining;
using tests::kPlain;
using tests::play;
using tests::show;
using Lines = std::vector<std::string>;
using Do = ClientDialog::Do;

TEST(ClientDialog, DeliversStepByStepWithoutPipelining) {
    const ClientDialog dialog =
        play({delivery({"b@example.net", "c@example.net"})}, greeted(kPlain, R"(
        = begin
        C: MAIL FROM:<a@example.com>
        S: 250 2.1.0 ok
        C: RCPT TO:<b@example.net>
        S: 250 2.1.5 ok
        C: RCPT TO:<c@example.net>
        S: 251 2.1.5 will forward
        C: DATA
        S: 354 go on
        C: [message]
        S: 250 2.0.0 queued as 42
        = quit
        C: QUIT
        S: 221 2.0.0 bye
        = close)"));
    EXPECT_EQ(show(dialog.outcomes()),
              (Lines{"Delivered 2.0.0: 250 2.0.0 queued as 42",
                     "Delivered 2.0.0: 250 2.0.0 queued as 42"}));
    EXPECT_FALSE(dialog.nothing_sent());
    EXPECT_TRUE(dialog.outcomes()[0].remote);
}

TEST(ClientDialog, WritesOneGroupWithPipelining) {
    const ClientDialog dialog =
        play({delivery({"b@example.net", "c@example.net"})}, greeted(kPipelining, R"(
        = begin
        C: MAIL FROM:<a@example.com> SIZE=1000
        C: RCPT TO:<b@example.net>
        C: RCPT TO:<c@example.net>
        C: DATA
        S: 250 2.1.0 ok
        S: 250 2.1.5 ok
        S: 550 5.1.1 no such user
        S: 354 go on
        C: [message]
        S: 250 2.0.0 queued
        = ready)"));
    EXPECT_EQ(show(dialog.outcomes()),
              (Lines{"Delivered 2.0.0: 250 2.0.0 queued", "Failed 5.1.1: 550 5.1.1 no such user"}));
}

TEST(ClientDialog, SendsAnotherMessageOverTheSameConnection) {
    const ClientDialog dialog =
        play({delivery({"b@example.net"}), delivery({"c@example.net"})}, greeted(kPipelining, R"(
        = begin
        C: MAIL FROM:<a@example.com> SIZE=1000
        C: RCPT TO:<b@example.net>
        C: DATA
        S: 250 ok
        S: 250 ok
        S: 354 go on
        C: [message]
        S: 250 first
        = begin
        C: MAIL FROM:<a@example.com> SIZE=1000
        C: RCPT TO:<c@example.net>
        C: DATA
        S: 250 ok
        S: 250 ok
        S: 354 go on
        C: [message]
        S: 451 4.3.0 later
        = quit
        C: QUIT
        S: [closed]
        = close)"));
    EXPECT_EQ(show(dialog.outcomes()), (Lines{"Deferred 4.3.0: 451 4.3.0 later"}));
}

TEST(ClientDialog, WritesTheNullSender) {
    Delivery notice = delivery({"b@example.net"});
    notice.sender = {};
    notice.size = 0;
    play({notice}, greeted(kPipelining, R"(
        = begin
        C: MAIL FROM:<>
        C: RCPT TO:<b@example.net>
        C: DATA
        S: 250 ok
        S: 250 ok
        S: 354 go on
        C: [message]
        S: 250 ok
        = ready)"));
}

TEST(ClientDialog, SaysBodyForAnEightBitMessage) {
    Delivery eight = delivery({"b@example.net"});
    eight.body = queue::BodyKind::EightBitMime;
    const ClientDialog dialog = play({eight}, greeted(kPipelining, R"(
        = begin
        C: MAIL FROM:<a@example.com> SIZE=1000 BODY=8BITMIME
        C: RCPT TO:<b@example.net>
        C: DATA
        S: 250 ok
        S: 250 ok
        S: 354 go on
        C: [message]
        S: 250 ok
        = ready)"));
    EXPECT_TRUE(dialog.eight_bit());
}

TEST(ClientDialog, FailsAnEightBitMessageWithoutEightBitMime) {
    Delivery eight = delivery({"b@example.net"});
    eight.body = queue::BodyKind::EightBitMime;
    const ClientDialog dialog = play({eight}, greeted(kPlain, "= begin\n = ready"));
    ASSERT_EQ(dialog.outcomes().size(), 1U);
    EXPECT_EQ(dialog.outcomes()[0].kind, queue::Outcome::Kind::Failed);
    EXPECT_EQ(dialog.outcomes()[0].status, (queue::EnhancedStatus{5, 6, 3}));
    EXPECT_FALSE(dialog.outcomes()[0].remote);
    EXPECT_FALSE(dialog.eight_bit());
    EXPECT_TRUE(dialog.nothing_sent());
}

TEST(ClientDialog, FailsAMessageLargerThanTheServersLimit) {
    Delivery large = delivery({"b@example.net", "c@example.net"});
    large.size = 5001;
    const ClientDialog dialog = play({large}, greeted(kPipelining, "= begin\n = ready"));
    const std::string text =
        "Failed 5.3.4: the message of 5001 octets is larger than the 5000 that the host takes";
    EXPECT_EQ(show(dialog.outcomes()), (Lines{text, text}));
}

TEST(ClientDialog, TriesAMessageAsLargeAsTheLimit) {
    Delivery large = delivery({"b@example.net"});
    large.size = 5000;
    const ClientDialog dialog = play({large}, greeted(kPipelining, R"(
        = begin
        C: MAIL FROM:<a@example.com> SIZE=5000
        C: RCPT TO:<b@example.net>
        C: DATA
        S: 552 5.3.4 too big after all
        S: 503 no MAIL
        S: 503 no RCPT
        = ready)"));
    EXPECT_EQ(show(dialog.outcomes()), (Lines{"Failed 5.3.4: 552 5.3.4 too big after all"}));
}

TEST(ClientDialog, FallsBackToHelo) {
    for (const std::string code : {"500", "502", "504", "550", "554"}) {
        const ClientDialog dialog = play({delivery({"b@example.net"})}, R"(
            S: 220 old.example.net
            C: EHLO mail.example.com
            S: )" + code + R"( what
            C: HELO mail.example.com
            S: 250-old.example.net
            S: 250 PIPELINING
            = begin
            C: MAIL FROM:<a@example.com>
            S: 250 ok
            C: RCPT TO:<b@example.net>
            S: 250 ok
            C: DATA
            S: 354 ok
            C: [message]
            S: 250 ok
            = ready)");
        EXPECT_TRUE(dialog.greeted());
    }
}

TEST(ClientDialog, DefersOnlyTheRecipientThatIsGreylisted) {
    const ClientDialog dialog =
        play({delivery({"b@example.net", "c@example.net", "d@example.net"})}, greeted(kPlain, R"(
        = begin
        C: MAIL FROM:<a@example.com>
        S: 250 ok
        C: RCPT TO:<b@example.net>
        S: 450 4.2.0 greylisted
        C: RCPT TO:<c@example.net>
        S: 250 ok
        C: RCPT TO:<d@example.net>
        S: 552 too many recipients
        C: DATA
        S: 354 ok
        C: [message]
        S: 250 2.6.0 ok
        = ready)"));
    EXPECT_EQ(show(dialog.outcomes()),
              (Lines{"Deferred 4.2.0: 450 4.2.0 greylisted",
                     "Delivered 2.6.0: 250 2.6.0 ok",
                     "Deferred 4.5.3: 552 too many recipients"}));
}

TEST(ClientDialog, FailsForAFullMailboxAtRcpt) {
    const ClientDialog dialog = play({delivery({"b@example.net"})}, greeted(kPlain, R"(
        = begin
        C: MAIL FROM:<a@example.com>
        S: 250 ok
        C: RCPT TO:<b@example.net>
        S: 552 5.2.2 mailbox full
        C: RSET
        S: 250 ok
        = ready)"));
    EXPECT_EQ(show(dialog.outcomes()), (Lines{"Failed 5.2.2: 552 5.2.2 mailbox full"}));
    EXPECT_TRUE(dialog.nothing_sent());
}

TEST(ClientDialog, ResetsWhenNobodyIsAccepted) {
    const ClientDialog dialog =
        play({delivery({"b@example.net", "c@example.net"}), delivery({"d@example.net"})},
             greeted(kPlain, R"(
        = begin
        C: MAIL FROM:<a@example.com>
        S: 250 ok
        C: RCPT TO:<b@example.net>
        S: 550 5.1.1 no
        C: RCPT TO:<c@example.net>
        S: 450 4.2.1 later
        C: RSET
        S: 250 ok
        = begin
        C: MAIL FROM:<a@example.com>
        S: 550 5.7.1 not you
        = ready)"));
    EXPECT_EQ(show(dialog.outcomes()), (Lines{"Failed 5.7.1: 550 5.7.1 not you"}));
}

TEST(ClientDialog, ResetsAfterAPipelinedDataIsRefused) {
    const ClientDialog dialog = play({delivery({"b@example.net"})}, greeted(kPipelining, R"(
        = begin
        C: MAIL FROM:<a@example.com> SIZE=1000
        C: RCPT TO:<b@example.net>
        C: DATA
        S: 250 ok
        S: 550 5.1.1 no
        S: 554 5.5.1 no valid recipients
        C: RSET
        S: 250 ok
        = ready)"));
    EXPECT_EQ(show(dialog.outcomes()), (Lines{"Failed 5.1.1: 550 5.1.1 no"}));
}

TEST(ClientDialog, SendsNothingWhenNobodyIsAcceptedAndYet354) {
    const ClientDialog dialog =
        play({delivery({"b@example.net", "c@example.net"})}, greeted(kPipelining, R"(
        = begin
        C: MAIL FROM:<a@example.com> SIZE=1000
        C: RCPT TO:<b@example.net>
        C: RCPT TO:<c@example.net>
        C: DATA
        S: 250 ok
        S: 550 5.1.1 no
        S: 450 4.2.1 later
        S: 354 go on
        C: [nothing]
        S: 250 2.0.0 queued
        = ready)"));
    EXPECT_EQ(show(dialog.outcomes()),
              (Lines{"Failed 5.1.1: 550 5.1.1 no", "Deferred 4.2.1: 450 4.2.1 later"}));
    EXPECT_TRUE(dialog.nothing_sent());
}

TEST(ClientDialog, SendsNothingWhenMailIsRefusedAndYet354) {
    const ClientDialog dialog = play({delivery({"b@example.net"})}, greeted(kPipelining, R"(
        = begin
        C: MAIL FROM:<a@example.com> SIZE=1000
        C: RCPT TO:<b@example.net>
        C: DATA
        S: 451 4.1.8 later
        S: 250 ok
        S: 354 go on
        C: [nothing]
        S: 554 5.5.1 no
        = ready)"));
    EXPECT_EQ(show(dialog.outcomes()), (Lines{"Deferred 4.1.8: 451 4.1.8 later"}));
}

TEST(ClientDialog, DefersOrFailsAllByTheReplyToMail) {
    for (const std::string reply : {"Deferred 4.7.1: 450 4.7.1 later", "Failed 5.0.0: 550 never"}) {
        const ClientDialog dialog =
            play({delivery({"b@example.net", "c@example.net"})}, greeted(kPlain, R"(
            = begin
            C: MAIL FROM:<a@example.com>
            S: )" + reply.substr(reply.find(": ") + 2) + R"(
            = ready)"));
        EXPECT_EQ(show(dialog.outcomes()), (Lines{reply, reply}));
        EXPECT_TRUE(dialog.nothing_sent());
    }
}

TEST(ClientDialog, AppliesARefusalOfDataToThoseAccepted) {
    for (const std::string reply :
         {"Deferred 4.3.0: 451 4.3.0 later", "Failed 5.7.1: 554 5.7.1 never"}) {
        const ClientDialog dialog =
            play({delivery({"b@example.net", "c@example.net"})}, greeted(kPlain, R"(
            = begin
            C: MAIL FROM:<a@example.com>
            S: 250 ok
            C: RCPT TO:<b@example.net>
            S: 550 5.1.1 no
            C: RCPT TO:<c@example.net>
            S: 250 ok
            C: DATA
            S: )" + reply.substr(reply.find(": ") + 2) + R"(
            C: RSET
            S: 250 ok
            = ready)"));
        EXPECT_EQ(show(dialog.outcomes()), (Lines{"Failed 5.1.1: 550 5.1.1 no", reply}));
        EXPECT_TRUE(dialog.nothing_sent());
    }
}

TEST(ClientDialog, FailsThoseAcceptedWhenTheMessageIsRefused) {
    const ClientDialog dialog =
        play({delivery({"b@example.net", "c@example.net"})}, greeted(kPipelining, R"(
        = begin
        C: MAIL FROM:<a@example.com> SIZE=1000
        C: RCPT TO:<b@example.net>
        C: RCPT TO:<c@example.net>
        C: DATA
        S: 250 ok
        S: 450 4.2.0 later
        S: 250 ok
        S: 354 go on
        C: [message]
        S: 554 5.7.1 spam
        = ready)"));
    EXPECT_EQ(show(dialog.outcomes()),
              (Lines{"Deferred 4.2.0: 450 4.2.0 later", "Failed 5.7.1: 554 5.7.1 spam"}));
}

TEST(ClientDialog, WritesManyRecipientsInGroupsThatCannotBlock) {
    std::vector<std::string> names;
    for (int number = 0; number < 1000; ++number) {
        names.push_back("recipient" + std::to_string(number) + "@example.net");
    }
    ClientDialog dialog("mail.example.com");
    ReplyParser parser;
    const auto say = [&](std::string octets) {
        ASSERT_EQ(parser.consume(octets), ReplyParser::State::Complete);
        ASSERT_EQ(dialog.next().action, Do::ReadReply);
        dialog.replied(parser.take());
    };
    say("220 hi\r\n");
    dialog.next();
    say("250-mx\r\n250 PIPELINING\r\n");
    dialog.begin(delivery(names));
    int writes = 0;
    std::string commands;
    while (true) {
        ClientDialog::Step step = dialog.next();
        if (step.action != Do::Write) {
            break;
        }
        ++writes;
        EXPECT_LT(step.octets.size(), 9000U);
        commands += step.octets;
        for (std::size_t end = step.octets.find('\n'); end != std::string::npos;
             end = step.octets.find('\n', end + 1)) {
            say(step.octets.ends_with("DATA\r\n") && end + 1 == step.octets.size() ? "354 go on\r\n"
                                                                                   : "250 ok\r\n");
        }
    }
    EXPECT_GT(writes, 1);
    EXPECT_EQ(std::count(commands.begin(), commands.end(), '\n'), 1002);
    // The message was asked for once everybody had answered.
    dialog.message_sent();
    say("250 ok\r\n");
    EXPECT_EQ(dialog.outcomes().size(), 1000U);
    EXPECT_EQ(show(dialog.outcomes().back()), "Delivered 2.0.0: 250 ok");
}

TEST(ClientDialog, NamesTheLimitOfEachWait) {
    ClientDialog dialog("mail.example.com");
    const auto say = [&dialog](int code, Wait wait) {
        if (ClientDialog::Step step = dialog.next(); step.action == Do::Write) {
            EXPECT_EQ(dialog.next().wait, wait);
        } else {
            EXPECT_EQ(step.wait, wait);
        }
        ServerReply reply;
        reply.code = code;
        dialog.replied(reply);
    };
    say(220, Wait::Greeting);
    say(250, Wait::Ehlo);
    dialog.begin(delivery({"b@example.net"}));
    say(250, Wait::Mail);
    say(250, Wait::Rcpt);
    say(354, Wait::Data);
    EXPECT_EQ(dialog.next().action, Do::SendMessage);
    dialog.message_sent();
    say(250, Wait::Dot);
    dialog.begin(delivery({"b@example.net"}));
    say(250, Wait::Mail);
    say(550, Wait::Rcpt);
    say(250, Wait::Rset);
    dialog.quit();
    say(221, Wait::Quit);
    EXPECT_EQ(dialog.next().action, Do::Close);
}

}  // namespace
}  // namespace relay::smtp
