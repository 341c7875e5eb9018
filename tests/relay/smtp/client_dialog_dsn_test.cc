#include <string>
#include <string_view>

#include <gtest/gtest.h>

#include "relay/smtp/client_dialog.h"
#include "tests/relay/smtp/client_transcript.h"

namespace relay::smtp {
namespace {

using queue::ReturnedPart;
using tests::delivery;
using tests::greeted;
using tests::play;

std::string with_dsn(std::string_view rest) {
    return greeted({"PIPELINING", "DSN"}, rest);
}

std::string without_dsn(std::string_view rest) {
    return greeted({"PIPELINING"}, rest);
}

Delivery requested() {
    Delivery made = delivery({"b@example.net", "c@example.net", "d@example.net", "e@example.net"});
    made.ret = ReturnedPart::Headers;
    made.envelope_id = "QQ+2B314159";
    made.recipients[0].dsn = {{.never = true}, ""};
    made.recipients[1].dsn = {{.success = true, .failure = true, .delay = true},
                              "rfc822;C+40x@Example.NET"};
    made.recipients[2].dsn = {{.delay = true}, ""};
    made.recipients[3].dsn = {{}, "rfc822;e@example.net"};
    return made;
}

constexpr std::string_view kTaken = R"(
        S: 250 ok
        S: 250 ok
        S: 250 ok
        S: 250 ok
        S: 250 ok
        S: 354 go on
        C: [message]
        S: 250 2.0.0 queued
        = ready)";

TEST(ClientDialogDsn, PassesTheRequestOnUnchanged) {
    const ClientDialog dialog = play({requested()}, with_dsn(R"(
        = begin
        C: MAIL FROM:<a@example.com> RET=HDRS ENVID=QQ+2B314159
        C: RCPT TO:<b@example.net> NOTIFY=NEVER
        C: RCPT TO:<c@example.net> NOTIFY=SUCCESS,FAILURE,DELAY ORCPT=rfc822;C+40x@Example.NET
        C: RCPT TO:<d@example.net> NOTIFY=DELAY
        C: RCPT TO:<e@example.net> ORCPT=rfc822;e@example.net
        C: DATA)" + std::string(kTaken)));
    for (const auto& outcome : dialog.outcomes()) {
        EXPECT_TRUE(outcome.passed_on_dsn);
    }
}

TEST(ClientDialogDsn, SaysNothingToAServerWithoutIt) {
    const ClientDialog dialog = play({requested()}, without_dsn(R"(
        = begin
        C: MAIL FROM:<a@example.com>
        C: RCPT TO:<b@example.net>
        C: RCPT TO:<c@example.net>
        C: RCPT TO:<d@example.net>
        C: RCPT TO:<e@example.net>
        C: DATA)" + std::string(kTaken)));
    for (const auto& outcome : dialog.outcomes()) {
        EXPECT_EQ(outcome.kind, queue::Outcome::Kind::Delivered);
        EXPECT_FALSE(outcome.passed_on_dsn);
    }
}

TEST(ClientDialogDsn, SaysNothingThatWasNotAskedFor) {
    play({delivery({"b@example.net"})}, with_dsn(R"(
        = begin
        C: MAIL FROM:<a@example.com>
        C: RCPT TO:<b@example.net>
        C: DATA
        S: 250 ok
        S: 250 ok
        S: 354 go on
        C: [message]
        S: 250 ok
        = ready)"));
}

TEST(ClientDialogDsn, AsksForTheWholeMessage) {
    Delivery made = delivery({"b@example.net"});
    made.ret = ReturnedPart::Full;
    const ClientDialog dialog = play({made}, with_dsn(R"(
        = begin
        C: MAIL FROM:<a@example.com> RET=FULL
        C: RCPT TO:<b@example.net>
        C: DATA
        S: 250 ok
        S: 550 5.1.1 no
        S: 554 5.5.1 nobody
        C: RSET
        S: 250 ok
        = ready)"));
    EXPECT_FALSE(dialog.outcomes()[0].passed_on_dsn) << "a host that refused took nothing over";
}

TEST(ClientDialogDsn, NeverWritesWhatIsNoXtext) {
    Delivery made = delivery({"b@example.net", "c@example.net"});
    made.envelope_id = "a\r\nRCPT TO:<x@example.net>";
    made.recipients[0].dsn.original_recipient = "rfc822;a\r\nDATA";
    made.recipients[1].dsn.original_recipient = "rfc822;" + std::string(494, 'a');
    play({made}, with_dsn(R"(
        = begin
        C: MAIL FROM:<a@example.com>
        C: RCPT TO:<b@example.net>
        C: RCPT TO:<c@example.net>
        C: DATA
        S: 250 ok
        S: 250 ok
        S: 250 ok
        S: 354 go on
        C: [message]
        S: 250 ok
        = ready)"));
}

TEST(ClientDialogDsn, ForgetsTheOfferWithHelo) {
    play({requested()}, R"(
        S: 220 old.example.net
        C: EHLO mail.example.com
        S: 502 what
        C: HELO mail.example.com
        S: 250-old.example.net
        S: 250 DSN
        = begin
        C: MAIL FROM:<a@example.com>
        S: 550 no
        = ready)");
}

}  // namespace
}  // namespace relay::smtp
