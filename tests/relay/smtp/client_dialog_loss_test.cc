#include <string>
#include <string_view>
#include <vector>

#include <gtest/gtest.h>

#include "relay/smtp/client_dialog.h"
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

TEST(ClientDialogLoss, DefersForAHostThatRefusesUs) {
    const struct {
        std::string script, failure;
    } cases[] = {
        {"S: 421 4.3.2 busy", "Deferred 4.3.2: 421 4.3.2 busy"},
        {"S: 450 later", "Deferred 4.0.0: 450 later"},
        {"S: 554 no", "Deferred 4.7.1: 554 no"},
        {"S: 554-5.7.1 listed\n S: 554 5.7.1 see there",
         "Deferred 4.7.1: 554 5.7.1 listed / 5.7.1 see there"},
        {"S: 220 hi\n C: EHLO mail.example.com\n S: 421 busy", "Deferred 4.0.0: 421 busy"},
        {"S: 220 hi\n C: EHLO mail.example.com\n S: 451 busy", "Deferred 4.0.0: 451 busy"},
        {"S: 220 hi\n C: EHLO mail.example.com\n S: 500 what\n C: HELO mail.example.com\n S: 550 "
         "5.7.1 no",
         "Deferred 4.7.1: 550 5.7.1 no"},
        {"S: [closed]", "Deferred 4.4.2: connection lost while waiting for the greeting"},
        {"S: [timed out]", "Deferred 4.4.2: timed out while waiting for the greeting"},
        {"S: [garbage]",
         "Deferred 4.5.0: the server sent something that is no reply while waiting for the "
         "greeting"},
        {"S: [endless]",
         "Deferred 4.4.2: the server sent an endless reply while waiting for the greeting"},
        {"S: 220 hi\n C: EHLO mail.example.com\n S: [closed]",
         "Deferred 4.4.2: connection lost while waiting for the reply to EHLO"},
        {"S: 220 hi\n C: EHLO mail.example.com\n S: 500 what\n C: HELO mail.example.com\n S: "
         "[closed]",
         "Deferred 4.4.2: connection lost while waiting for the reply to HELO"},
        {"S: 354 odd",
         "Deferred 4.5.0: the server's replies do not match our commands: \"354 odd\" as the "
         "greeting"},
        {"S: 221 bye",
         "Deferred 4.5.0: the server's replies do not match our commands: \"221 bye\" as the "
         "greeting"},
        {"S: 220 hi\n C: EHLO mail.example.com\n S: 220 hi again",
         "Deferred 4.5.0: the server's replies do not match our commands: \"220 hi again\" as the "
         "reply to EHLO"},
        {"S: [unexpected]",
         "Deferred 4.5.0: the server's replies do not match our commands: a reply that nothing "
         "asked for"},
    };
    for (const auto& [script, failure] : cases) {
        const ClientDialog dialog = play({}, script + "\n = close");
        EXPECT_FALSE(dialog.greeted()) << script;
        EXPECT_EQ(show(dialog.host_failure()), failure);
        EXPECT_TRUE(dialog.outcomes().empty());
    }
}

TEST(ClientDialogLoss, ClosesAfterRsetIsRefused) {
    play({delivery({"b@example.net"})}, greeted(kPlain, R"(
        = begin
        C: MAIL FROM:<a@example.com>
        S: 250 ok
        C: RCPT TO:<b@example.net>
        S: 550 5.1.1 no
        C: RSET
        S: 421 4.3.2 bye
        = close)"));
}

TEST(ClientDialogLoss, ClosesOn421AtMail) {
    const ClientDialog dialog = play({delivery({"b@example.net"})}, greeted(kPipelining, R"(
        = begin
        C: MAIL FROM:<a@example.com> SIZE=1000
        C: RCPT TO:<b@example.net>
        C: DATA
        S: 421 4.7.0 slow down
        = close)"));
    EXPECT_EQ(show(dialog.outcomes()), (Lines{"Deferred 4.7.0: 421 4.7.0 slow down"}));
    EXPECT_TRUE(dialog.nothing_sent());
}

TEST(ClientDialogLoss, ClosesOn421AtRcptAndKeepsWhatIsDecided) {
    const ClientDialog dialog = play(
        {delivery({"b@example.net", "c@example.net", "d@example.net"})}, greeted(kPipelining, R"(
        = begin
        C: MAIL FROM:<a@example.com> SIZE=1000
        C: RCPT TO:<b@example.net>
        C: RCPT TO:<c@example.net>
        C: RCPT TO:<d@example.net>
        C: DATA
        S: 250 ok
        S: 550 5.1.1 no
        S: 421 bye
        = close)"));
    EXPECT_EQ(
        show(dialog.outcomes()),
        (Lines{
            "Failed 5.1.1: 550 5.1.1 no", "Deferred 4.0.0: 421 bye", "Deferred 4.0.0: 421 bye"}));
}

TEST(ClientDialogLoss, KeepsTheFailedRecipientWhenTheConnectionIsLost) {
    const ClientDialog dialog =
        play({delivery({"b@example.net", "c@example.net"})}, greeted(kPlain, R"(
        = begin
        C: MAIL FROM:<a@example.com>
        S: 250 ok
        C: RCPT TO:<b@example.net>
        S: 550 5.1.1 no
        C: RCPT TO:<c@example.net>
        S: [closed]
        = close)"));
    EXPECT_EQ(show(dialog.outcomes()),
              (Lines{"Failed 5.1.1: 550 5.1.1 no",
                     "Deferred 4.4.2: connection lost while waiting for the reply to RCPT"}));
    EXPECT_TRUE(dialog.nothing_sent());
}

std::string up_to_the_dot(std::string_view rest) {
    return greeted(kPipelining, R"(
        = begin
        C: MAIL FROM:<a@example.com> SIZE=1000
        C: RCPT TO:<b@example.net>
        C: DATA
        S: 250 ok
        S: 250 ok
        S: 354 go on
        C: [message]
        )") +
           std::string(rest);
}

// RFC 1047: a duplicate is better than a loss.
TEST(ClientDialogLoss, AssumesNothingDeliveredWithoutAReplyToTheDot) {
    const ClientDialog dialog =
        play({delivery({"b@example.net"})}, up_to_the_dot("S: [timed out]\n = close"));
    EXPECT_EQ(show(dialog.outcomes()),
              (Lines{"Deferred 4.4.2: timed out while waiting for the reply to the final dot"}));
    EXPECT_FALSE(dialog.nothing_sent());
}

TEST(ClientDialogLoss, DefersOn421AfterTheDot) {
    const ClientDialog dialog =
        play({delivery({"b@example.net"})}, up_to_the_dot("S: 421 4.3.2 bye\n = close"));
    EXPECT_EQ(show(dialog.outcomes()), (Lines{"Deferred 4.3.2: 421 4.3.2 bye"}));
}

TEST(ClientDialogLoss, TakesAnyOtherPositiveReplyToTheDot) {
    for (const std::string code : {"200", "250", "252", "299"}) {
        const ClientDialog dialog =
            play({delivery({"b@example.net"})}, up_to_the_dot("S: " + code + " ok\n = ready"));
        EXPECT_EQ(show(dialog.outcomes()), (Lines{"Delivered 2.0.0: " + code + " ok"}));
    }
}

TEST(ClientDialogLoss, DefersOnAForeignReplyAfterTheDot) {
    for (const std::string reply : {"220 hello", "221 2.0.0 bye", "354 go on"}) {
        const ClientDialog dialog =
            play({delivery({"b@example.net"})}, up_to_the_dot("S: " + reply + "\n = close"));
        EXPECT_EQ(show(dialog.outcomes()),
                  (Lines{"Deferred 4.5.0: the server's replies do not match our commands: \"" +
                         reply + "\" as the reply to the final dot"}));
    }
}

TEST(ClientDialogLoss, DefersOnACodeThatIsNone) {
    ClientDialog dialog("mail.example.com");
    ServerReply reply;
    for (const int code : {0, 150, 600, 999}) {
        ClientDialog fresh("mail.example.com");
        reply.code = code;
        fresh.replied(reply);
        EXPECT_TRUE(fresh.closed());
        EXPECT_EQ(fresh.host_failure().status, (queue::EnhancedStatus{4, 5, 0}));
    }
}

TEST(ClientDialogLoss, DefersAllUndecidedOnAForeignReply) {
    const struct {
        std::string at_mail, at_rcpt, at_data;
    } cases[] = {{"354 x", "", ""},
                 {"220 x", "", ""},
                 {"221 x", "", ""},
                 {"250 x", "354 x", ""},
                 {"250 x", "221 x", ""},
                 {"250 x", "250 x", "250 x"},
                 {"250 x", "250 x", "221 x"}};
    for (const auto& [at_mail, at_rcpt, at_data] : cases) {
        std::string script = R"(
            = begin
            C: MAIL FROM:<a@example.com>
            S: )" + at_mail;
        if (!at_rcpt.empty()) {
            script += "\n C: RCPT TO:<b@example.net>\n S: " + at_rcpt;
        }
        if (!at_data.empty()) {
            script += "\n C: DATA\n S: " + at_data;
        }
        const ClientDialog dialog =
            play({delivery({"b@example.net"})}, greeted(kPlain, script + "\n = close"));
        ASSERT_EQ(dialog.outcomes().size(), 1U);
        EXPECT_EQ(dialog.outcomes()[0].kind, queue::Outcome::Kind::Deferred);
        EXPECT_EQ(dialog.outcomes()[0].status, (queue::EnhancedStatus{4, 5, 0}));
        EXPECT_TRUE(dialog.nothing_sent());
    }
}

TEST(ClientDialogLoss, NoticesMoreRepliesThanCommands) {
    ClientDialog dialog("mail.example.com");
    const auto say = [&dialog](int code) {
        ServerReply reply;
        reply.code = code;
        dialog.next();
        dialog.replied(reply);
    };
    say(220);
    dialog.next();
    say(250);
    dialog.begin(delivery({"b@example.net"}));
    for (const int code : {250, 250, 354}) {
        ASSERT_EQ(dialog.next().action, Do::Write);
        say(code);
    }
    dialog.unexpected_input();  // before the message is sent
    EXPECT_EQ(dialog.next().action, Do::Close);
    EXPECT_EQ(show(dialog.outcomes()),
              (Lines{"Deferred 4.5.0: the server's replies do not match our commands: a reply that "
                     "nothing asked for"}));
    EXPECT_TRUE(dialog.nothing_sent());
}

TEST(ClientDialogLoss, ClosesQuietlyWhenTheServerLeavesBetweenMessages) {
    for (const std::string how : {"S: [closed]", "S: [unexpected]"}) {
        const ClientDialog dialog = play({delivery({"b@example.net"})},
                                         up_to_the_dot("S: 250 2.0.0 ok\n " + how + "\n = close"));
        EXPECT_EQ(show(dialog.outcomes()), (Lines{"Delivered 2.0.0: 250 2.0.0 ok"}));
        EXPECT_TRUE(dialog.greeted());
    }
}

std::string refused_while_sending(const std::string& reply) {
    return greeted(kPipelining, R"(
        = begin
        C: MAIL FROM:<a@example.com> SIZE=1000
        C: RCPT TO:<b@example.net>
        C: DATA
        S: 250 ok
        S: 250 ok
        S: 354 go on
        S: )" + reply + "\n = close");
}

TEST(ClientDialogLoss, BelievesARefusalWhileTheMessageIsSentAndNothingElse) {
    const auto outcomes = [](const std::string& reply) {
        return show(play({delivery({"b@example.net"})}, refused_while_sending(reply)).outcomes());
    };
    EXPECT_EQ(outcomes("552 5.3.4 too big"), (Lines{"Failed 5.3.4: 552 5.3.4 too big"}));
    EXPECT_EQ(outcomes("451 4.3.1 full"), (Lines{"Deferred 4.3.1: 451 4.3.1 full"}));
    EXPECT_EQ(outcomes("250 2.0.0 thanks"),
              (Lines{"Deferred 4.5.0: the server's replies do not match our commands: \"250 2.0.0 "
                     "thanks\" as the message to be sent"}));
}

}  // namespace
}  // namespace relay::smtp
