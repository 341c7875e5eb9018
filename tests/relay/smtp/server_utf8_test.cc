#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "tests/relay/smtp/server_transcript.h"

namespace relay::smtp {
namespace {

using tests::after_ehlo;
using tests::play;
using tests::Taken;

ServerRules rules() {
    ServerRules made = tests::open_rules();
    made.errors = 3;
    return made;
}

TEST(ServerUtf8, TakesATransactionInUtf8) {
    const std::vector<Taken> taken = play(rules(), after_ehlo(R"(
        C: MAIL FROM:<jürgen@bücher.example> BODY=8BITMIME SMTPUTF8
        S: 250 2.1.0 sender OK
        C: RCPT TO:<用户@例え.example> ORCPT=utf-8;用户@list.example
        S: 250 2.1.5 recipient OK
        C: RCPT TO:<用户@XN--R8JZ45G.example>
        S: 250 2.1.5 recipient OK
        C: RCPT TO:<plain@example.net>
        S: 250 2.1.5 recipient OK
        C: DATA
        S: 354 end with <CR><LF>.<CR><LF>
        C: Subject: ü
        C: .
        S: 250 2.0.0 queued)"));
    ASSERT_EQ(taken.size(), 1U);
    const Transaction& got = taken[0].transaction;
    EXPECT_TRUE(got.utf8);
    EXPECT_EQ(got.sender.text(), "j\u00fcrgen@xn--bcher-kva.example");
    ASSERT_EQ(got.recipients.size(), 2U) << "one of them is given in two spellings";
    EXPECT_EQ(got.recipients[0].address.text(), "\u7528\u6237@xn--r8jz45g.example");
    EXPECT_EQ(got.recipients[0].dsn.original_recipient, "utf-8;\\x{7528}\\x{6237}@list.example");
}

TEST(ServerUtf8, HoldsForOneTransactionAlone) {
    const std::vector<Taken> taken = play(rules(), after_ehlo(R"(
        C: MAIL FROM:<a@example.com> SMTPUTF8
        S: 250 2.1.0 sender OK
        C: RSET
        S: 250 2.0.0 OK
        C: MAIL FROM:<a@example.com>
        S: 250 2.1.0 sender OK
        C: RCPT TO:<jürgen@example.net>
        S: 553 5.6.7 an address with other than ASCII characters needs SMTPUTF8 behind MAIL
        C: RCPT TO:<b@example.net>
        S: 250 2.1.5 recipient OK
        C: DATA
        S: 354 end with <CR><LF>.<CR><LF>
        C: .
        S: 250 2.0.0 queued)"));
    ASSERT_EQ(taken.size(), 1U);
    EXPECT_FALSE(taken[0].transaction.utf8);
}

TEST(ServerUtf8, RefusesAValueAndOtherOctets) {
    play(rules(), after_ehlo(R"(
        C: MAIL FROM:<a@example.com> SMTPUTF8=1
        S: 501 5.5.4 SMTPUTF8 takes no value
        C: MAIL FROM:<jürgen@example.com>
        S: 553 5.6.7 an address with other than ASCII characters needs SMTPUTF8 behind MAIL)"));
    play(rules(),
         after_ehlo("C: MAIL FROM:<j\xfcrgen@example.com> SMTPUTF8\n"
                    "S: 501 5.1.7 not a mail address: it is no valid UTF-8\n"));
}

TEST(ServerUtf8, CountsNoErrorBehindARefusedMail) {
    ServerRules strict = rules();
    strict.judge_sender = [](const queue::Address&) {
        return std::optional(Reply{550, "5.7.1", "not ours"});
    };
    play(strict, after_ehlo(R"(
        C: MAIL FROM:<jürgen@example.com> SMTPUTF8
        S: 550 5.7.1 not ours
        C: RCPT TO:<jürgen@example.net>
        S: 503 5.5.1 MAIL comes before RCPT
        C: RCPT TO:<jörg@example.net>
        S: 503 5.5.1 MAIL comes before RCPT
        C: DATA
        S: 503 5.5.1 MAIL and RCPT come before DATA)"));
}

TEST(ServerUtf8, AnswersInAscii) {
    ServerRules strict = rules();
    strict.judge_sender = [](const queue::Address& sender) {
        return std::optional(Reply{550, "5.7.1", "you may not send as " + sender.text()});
    };
    play(strict, after_ehlo(R"(
        C: MAIL FROM:<jürgen@example.com> SMTPUTF8
        S: 550 5.7.1 you may not send as j??rgen@example.com)"));
}

}  // namespace
}  // namespace relay::smtp
