#include "relay/smtp/server_dialog.h"

#include <optional>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "tests/relay/smtp/server_transcript.h"

namespace relay::smtp {
namespace {

using tests::play;
using tests::Taken;

ServerRules rules() {
    ServerRules made = tests::open_rules();
    made.message_size = 1000;
    made.recipients = 3;
    made.messages = 5;
    return made;
}

std::string after_ehlo(const std::string& script) {
    return tests::after_ehlo(script, {"LIMITS MAILMAX=5 RCPTMAX=3"}, 1000);
}

TEST(ServerDialog, TakesAMessage) {
    const std::vector<Taken> taken = play(rules(), after_ehlo(R"(
        C: MAIL FROM:<a@example.com> SIZE=1000 BODY=8BITMIME
        S: 250 2.1.0 sender OK
        C: RCPT TO:<b@example.net>
        S: 250 2.1.5 recipient OK
        C: RCPT TO:<postmaster>
        S: 250 2.1.5 recipient OK
        C: DATA
        S: 354 end with <CR><LF>.<CR><LF>
        C: Subject: x
        C: ..dot
        C: .
        S: 250 2.0.0 queued
        C: QUIT
        S: 221 2.0.0 mail.example.com closing the connection
        = close)"));
    ASSERT_EQ(taken.size(), 1U);
    EXPECT_EQ(taken[0].text, "Subject: x\r\n.dot\r\n");
    EXPECT_EQ(taken[0].transaction.sender.text(), "a@example.com");
    EXPECT_EQ(taken[0].transaction.body, queue::BodyKind::EightBitMime);
    ASSERT_EQ(taken[0].transaction.recipients.size(), 2U);
    EXPECT_EQ(taken[0].transaction.recipients[1].address.text(), "postmaster@mail.example.com");
}

TEST(ServerDialog, TakesSeveralMessagesWithTheNullSenderToo) {
    const std::vector<Taken> taken = play(rules(), after_ehlo(R"(
        C: MAIL FROM:<a@example.com>
        S: 250 2.1.0 sender OK
        C: RCPT TO:<b@example.net>
        S: 250 2.1.5 recipient OK
        C: DATA
        S: 354 end with <CR><LF>.<CR><LF>
        C: .
        S: 250 2.0.0 queued
        C: MAIL FROM:<>
        S: 250 2.1.0 sender OK
        C: RCPT TO:<c@example.net>
        S: 250 2.1.5 recipient OK
        C: DATA
        S: 354 end with <CR><LF>.<CR><LF>
        C: .
        S: 250 2.0.0 queued)"));
    ASSERT_EQ(taken.size(), 2U);
    EXPECT_TRUE(taken[1].transaction.sender.is_null());
    ASSERT_EQ(taken[1].transaction.recipients.size(), 1U);
    EXPECT_EQ(taken[1].transaction.recipients[0].address.text(), "c@example.net");
    EXPECT_EQ(taken[1].transaction.body, queue::BodyKind::SevenBit);
}

TEST(ServerDialog, AnswersHeloInOneLine) {
    ServerDialog dialog(rules());
    EXPECT_EQ(dialog.command("HELO old.example").reply, "250 mail.example.com\r\n");
    EXPECT_FALSE(dialog.extended());
    EXPECT_EQ(dialog.helo(), "old.example");
    dialog.command("EHLO new.example");
    EXPECT_TRUE(dialog.extended());
}

TEST(ServerDialog, KeepsItsStateAfterABadEhlo) {
    play(rules(), after_ehlo(R"(
        C: MAIL FROM:<a@example.com>
        S: 250 2.1.0 sender OK
        C: EHLO
        S: 501 5.5.4 EHLO needs your host name
        C: RCPT TO:<b@example.net>
        S: 250 2.1.5 recipient OK)"));
}

TEST(ServerDialog, RefusesMailBeforeEhlo) {
    play(rules(), R"(
        S: 220 mail.example.com ESMTP Signet
        C: MAIL FROM:<a@example.com>
        S: 503 5.5.1 say EHLO first
        C: RCPT TO:<b@example.net>
        S: 503 5.5.1 MAIL comes before RCPT
        C: DATA
        S: 503 5.5.1 MAIL and RCPT come before DATA)");
}

TEST(ServerDialog, RefusesRcptAndDataBeforeMail) {
    play(rules(), after_ehlo(R"(
        C: RCPT TO:<b@example.net>
        S: 503 5.5.1 MAIL comes before RCPT
        C: DATA
        S: 503 5.5.1 MAIL and RCPT come before DATA)"));
}

TEST(ServerDialog, RefusesDataWithoutRecipients) {
    play(rules(), after_ehlo(R"(
        C: MAIL FROM:<a@example.com>
        S: 250 2.1.0 sender OK
        C: RCPT TO:<>
        S: 501 5.1.3 a recipient cannot be empty
        C: DATA
        S: 554 5.5.1 no valid recipients
        C: RCPT TO:<b@example.net>
        S: 250 2.1.5 recipient OK)"));
}

TEST(ServerDialog, RefusesANestedMail) {
    const std::vector<Taken> taken = play(rules(), after_ehlo(R"(
        C: MAIL FROM:<a@example.com>
        S: 250 2.1.0 sender OK
        C: MAIL FROM:<c@example.com>
        S: 503 5.5.1 a transaction is open already
        C: RCPT TO:<b@example.net>
        S: 250 2.1.5 recipient OK
        C: DATA
        S: 354 end with <CR><LF>.<CR><LF>
        C: .
        S: 250 2.0.0 queued)"));
    ASSERT_EQ(taken.size(), 1U);
    EXPECT_EQ(taken[0].transaction.sender.text(), "a@example.com");
}

TEST(ServerDialog, ClearsTheTransactionOnRsetEhloAndHelo) {
    for (const std::string& line :
         {std::string("C: RSET\n S: 250 2.0.0 OK\n"),
          std::string("C: HELO client.example\n S: 250 mail.example.com\n")}) {
        play(rules(), after_ehlo(R"(
            C: MAIL FROM:<a@example.com>
            S: 250 2.1.0 sender OK
            C: RCPT TO:<b@example.net>
            S: 250 2.1.5 recipient OK
            )" + line + R"(
            C: DATA
            S: 503 5.5.1 MAIL and RCPT come before DATA
            C: MAIL FROM:<a@example.com>
            S: 250 2.1.0 sender OK
            C: DATA
            S: 554 5.5.1 no valid recipients)"));
    }
}

TEST(ServerDialog, KeepsADuplicateRecipientOnce) {
    const std::vector<Taken> taken = play(rules(), after_ehlo(R"(
        C: MAIL FROM:<a@example.com>
        S: 250 2.1.0 sender OK
        C: RCPT TO:<b@example.net>
        S: 250 2.1.5 recipient OK
        C: RCPT TO:<b@EXAMPLE.net>
        S: 250 2.1.5 recipient OK
        C: RCPT TO:<B@example.net>
        S: 250 2.1.5 recipient OK
        C: DATA
        S: 354 end with <CR><LF>.<CR><LF>
        C: .
        S: 250 2.0.0 queued)"));
    ASSERT_EQ(taken.size(), 1U);
    ASSERT_EQ(taken[0].transaction.recipients.size(), 2U);  // local parts may differ by case
    EXPECT_EQ(taken[0].transaction.recipients[0].address.text(), "b@example.net");
    EXPECT_EQ(taken[0].transaction.recipients[1].address.text(), "B@example.net");
}

TEST(ServerDialog, DefersRecipientsBeyondTheLimitAndCountsNoErrors) {
    std::string script = R"(
        C: MAIL FROM:<a@example.com>
        S: 250 2.1.0 sender OK
        C: RCPT TO:<b@example.net>
        S: 250 2.1.5 recipient OK
        C: RCPT TO:<c@example.net>
        S: 250 2.1.5 recipient OK
        C: RCPT TO:<d@example.net>
        S: 250 2.1.5 recipient OK
    )";
    for (int number = 0; number < 20; ++number) {
        script += "C: RCPT TO:<x" + std::to_string(number) + "@example.net>\n";
        script += "S: 452 4.5.3 too many recipients, send them with another message\n";
    }
    script += R"(
        C: RCPT TO:<c@example.net>
        S: 250 2.1.5 recipient OK
        C: DATA
        S: 354 end with <CR><LF>.<CR><LF>
        C: .
        S: 250 2.0.0 queued)";
    const std::vector<Taken> taken = play(rules(), after_ehlo(script));
    ASSERT_EQ(taken.size(), 1U);
    EXPECT_EQ(taken[0].transaction.recipients.size(), 3U);
}

TEST(ServerDialog, RefusesAnAnnouncedSizeOverTheLimit) {
    play(rules(), after_ehlo(R"(
        C: MAIL FROM:<a@example.com> SIZE=1001
        S: 552 5.3.4 the message is larger than 1000 octets
        C: MAIL FROM:<a@example.com> SIZE=99999999999999999999
        S: 552 5.3.4 the message is larger than 1000 octets
        C: MAIL FROM:<a@example.com> SIZE=1000
        S: 250 2.1.0 sender OK)"));
}

TEST(ServerDialog, RefusesToRelayForStrangers) {
    ServerRules strangers = rules();
    strangers.may_relay = false;
    strangers.judge_sender = [](const queue::Address&) -> std::optional<Reply> {
        ADD_FAILURE() << "a stranger learns nothing of our senders";
        return std::nullopt;
    };
    for (const std::string path : {"<a@example.com>",
                                   "<>",
                                   "<\"a@b\"@example.com>",
                                   "<@x.example:a@example.com>",
                                   "<a%b@example.com>",
                                   "<a!b@example.com>",
                                   "<a@[192.0.2.1]>"}) {
        play(strangers, after_ehlo("C: MAIL FROM:" + path + R"(
            S: 550 5.7.1 relaying denied: your address is not listed as a client
            C: RCPT TO:<b@example.net>
            S: 503 5.5.1 MAIL comes before RCPT)"));
    }
}

TEST(ServerDialog, AsksForTheSenderAndForRoom) {
    ServerRules asking = rules();
    asking.judge_sender = [](const queue::Address& sender) -> std::optional<Reply> {
        if (sender.domain() == "example.com") {
            return std::nullopt;
        }
        return Reply{550, "5.7.1", "not a domain of ours"};
    };
    asking.judge_room = [](std::uint64_t size) -> std::optional<Reply> {
        if (size < 500) {
            return std::nullopt;
        }
        return Reply{452, "4.3.1", "insufficient system storage"};
    };
    play(asking, after_ehlo(R"(
        C: MAIL FROM:<a@example.org>
        S: 550 5.7.1 not a domain of ours
        C: MAIL FROM:<a@example.com> SIZE=600
        S: 452 4.3.1 insufficient system storage
        C: MAIL FROM:<a@example.com>
        S: 250 2.1.0 sender OK)"));
}

TEST(ServerDialog, AnswersTheCommandsOutsideOfTransactions) {
    play(rules(), R"(
        S: 220 mail.example.com ESMTP Signet
        C: NOOP
        S: 250 2.0.0 OK
        C: VRFY someone
        S: 252 2.0.0 cannot verify, send mail and it will be tried
        C: HELP
        S: 214 2.0.0 EHLO HELO STARTTLS AUTH MAIL RCPT DATA BDAT RSET NOOP VRFY HELP QUIT
        C: RSET
        S: 250 2.0.0 OK
        C: EXPN list
        S: 502 5.5.1 this command is not offered
        C: ETRN somewhere
        S: 502 5.5.1 this command is not offered
        C: WHAT
        S: 500 5.5.2 command not recognized
        C: MAIL FROM:<> COLOUR=red
        S: 555 5.5.4 this parameter of MAIL is not known here
        C: QUIT
        S: 221 2.0.0 mail.example.com closing the connection
        = close)");
}

TEST(ServerDialog, ClosesAfterTooManyErrors) {
    ServerRules strict = rules();
    strict.errors = 3;
    play(strict, R"(
        S: 220 mail.example.com ESMTP Signet
        C: WHAT
        S: 500 5.5.2 command not recognized
        C: NOOP
        S: 250 2.0.0 OK
        C: DATA
        S: 503 5.5.1 MAIL and RCPT come before DATA
        C: [too long]
        S: 500 5.5.2 the line is too long
        S: 421 4.7.0 too many errors, closing the connection
        = close)");
}

TEST(ServerDialog, ForgivesErrorsOnceAMessageIsAccepted) {
    ServerRules strict = rules();
    strict.errors = 3;
    ServerDialog dialog(strict);
    dialog.command("EHLO client.example");
    for (int round = 0; round < 4; ++round) {
        dialog.command("MAIL FROM:<a@example.com>");
        EXPECT_EQ(dialog.command("RCPT TO:<b@@example.net>").next, ServerDialog::Next::Line);
        EXPECT_EQ(dialog.command("RCPT TO:<>").next, ServerDialog::Next::Line);
        dialog.command("RCPT TO:<b@example.net>");
        ASSERT_EQ(dialog.command("DATA").next, ServerDialog::Next::Data);
        EXPECT_EQ(dialog.data_done({250, "2.0.0", "queued"}).next, ServerDialog::Next::Line);
    }
}

TEST(ServerDialog, CountsRefusedMessagesAsErrors) {
    ServerRules strict = rules();
    strict.errors = 2;
    play(strict,
         after_ehlo(R"(
        C: MAIL FROM:<a@example.com>
        S: 250 2.1.0 sender OK
        C: RCPT TO:<b@example.net>
        S: 250 2.1.5 recipient OK
        C: DATA
        S: 354 end with <CR><LF>.<CR><LF>
        C: .
        S: 550 5.7.1 not your author
        C: MAIL FROM:<a@example.com>
        S: 250 2.1.0 sender OK
        C: RCPT TO:<b@example.net>
        S: 250 2.1.5 recipient OK
        C: DATA
        S: 354 end with <CR><LF>.<CR><LF>
        C: .
        S: 550 5.7.1 not your author
        S: 421 4.7.0 too many errors, closing the connection
        = close)"),
         [](const Taken&) {
             return Reply{550, "5.7.1", "not your author"};
         });
}

TEST(ServerDialog, CountsNoErrorsWhereTheTroubleIsOurs) {
    ServerRules full = rules();
    full.errors = 2;
    full.judge_room = [](std::uint64_t) -> std::optional<Reply> {
        return Reply{452, "4.3.1", "insufficient system storage"};
    };
    ServerDialog dialog(full);
    dialog.command("EHLO client.example");
    for (int round = 0; round < 5; ++round) {
        // The pipelined rest of a refused transaction.
        EXPECT_EQ(dialog.command("MAIL FROM:<a@example.com>").reply,
                  "452 4.3.1 insufficient system storage\r\n");
        for (int recipient = 0; recipient < 5; ++recipient) {
            EXPECT_EQ(dialog.command("RCPT TO:<b@example.net>").next, ServerDialog::Next::Line);
        }
        EXPECT_EQ(dialog.command("DATA").next, ServerDialog::Next::Line);
    }
    EXPECT_EQ(dialog.command("DATA").next, ServerDialog::Next::Line);
    EXPECT_EQ(dialog.command("DATA").next, ServerDialog::Next::Close);
}

TEST(ServerDialog, ClosesAfterTooManyMessages) {
    ServerRules few = rules();
    few.messages = 1;
    play(few, R"(
        S: 220 mail.example.com ESMTP Signet
        C: HELO client.example
        S: 250 mail.example.com
        C: MAIL FROM:<a@example.com>
        S: 250 2.1.0 sender OK
        C: RCPT TO:<b@example.net>
        S: 250 2.1.5 recipient OK
        C: DATA
        S: 354 end with <CR><LF>.<CR><LF>
        C: .
        S: 250 2.0.0 queued
        C: MAIL FROM:<a@example.com>
        S: 421 4.7.0 too many messages in one connection, open another
        = close)");
}

TEST(ServerDialog, HasNoLimitsThatAreZero) {
    ServerRules open = rules();
    open.message_size = 0;
    open.recipients = 0;
    open.errors = 0;
    open.messages = 0;
    ServerDialog dialog(open);
    EXPECT_NE(dialog.command("EHLO client.example").reply.find("250-SIZE 0\r\n"),
              std::string::npos);
    for (int round = 0; round < 100; ++round) {
        ASSERT_EQ(dialog.command("WHAT").next, ServerDialog::Next::Line);
    }
    EXPECT_EQ(dialog.command("MAIL FROM:<a@example.com> SIZE=99999999999").reply,
              "250 2.1.0 sender OK\r\n");
}

TEST(ServerDialog, ClosesAtOnceOnOtherProtocols) {
    for (const std::string& line : {std::string("GET / HTTP/1.1"),
                                    std::string("POST / HTTP/1.1"),
                                    std::string("put / HTTP/1.1"),
                                    std::string("CONNECT mail:25 HTTP/1.1"),
                                    std::string("HEAD / HTTP/1.0"),
                                    std::string("OPTIONS *"),
                                    std::string("DELETE /x"),
                                    std::string("TRACE /"),
                                    std::string("PATCH /"),
                                    std::string("\x16\x03\x01"),
                                    std::string(1, '\0')}) {
        for (const bool greeted : {false, true}) {
            ServerDialog dialog(rules());
            if (greeted) {
                dialog.command("EHLO client.example");
            }
            const ServerDialog::Step step = dialog.command(line);
            EXPECT_EQ(step.next, ServerDialog::Next::Close) << line;
            EXPECT_TRUE(step.reply.starts_with("554 5.5.1 ")) << line;
        }
    }
    ServerDialog dialog(rules());
    EXPECT_EQ(dialog.command("GETTING").next, ServerDialog::Next::Line);
}

TEST(ServerDialog, ClosesWhenTheFirstLineIsNoMailClients) {
    for (const char* const line : {"[too long]", "[bad line end]"}) {
        ServerDialog dialog(rules());
        const ServerDialog::Step step =
            std::string(line) == "[too long]" ? dialog.line_too_long() : dialog.bad_line_end();
        EXPECT_EQ(step.next, ServerDialog::Next::Close) << line;
        EXPECT_TRUE(step.reply.starts_with("500 5.5.2 ")) << line;
    }
}

TEST(ServerDialog, AnswersABadLineOnce) {
    play(rules(), after_ehlo(R"(
        C: [too long]
        S: 500 5.5.2 the line is too long
        C: [bad line end]
        S: 500 5.5.2 lines end with CR LF and hold no other CR, LF or NUL
        C: NOOP
        S: 250 2.0.0 OK)"));
}

TEST(ServerDialog, ClosesWithA421ToTheDot) {
    play(rules(),
         after_ehlo(R"(
        C: MAIL FROM:<a@example.com>
        S: 250 2.1.0 sender OK
        C: RCPT TO:<b@example.net>
        S: 250 2.1.5 recipient OK
        C: DATA
        S: 354 end with <CR><LF>.<CR><LF>
        C: .
        S: 421 4.3.2 leaving
        = close)"),
         [](const Taken&) {
             return Reply{421, "4.3.2", "leaving"};
         });
}

TEST(ServerDialog, HasItsOwnLastWords) {
    EXPECT_EQ(ServerDialog::talked_too_soon().next, ServerDialog::Next::Close);
    EXPECT_TRUE(ServerDialog::talked_too_soon().reply.starts_with("554 5.5.1 "));
    EXPECT_TRUE(ServerDialog::shutting_down().starts_with("421 4.3.2 "));
    EXPECT_TRUE(ServerDialog::timed_out().starts_with("421 4.4.2 "));
}

}  // namespace
}  // namespace relay::smtp
