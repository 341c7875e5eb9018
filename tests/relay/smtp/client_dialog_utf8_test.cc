#include <string>
#include <string_view>

#include <gtest/gtest.h>

#include "relay/smtp/client_dialog.h"
#include "tests/relay/smtp/client_transcript.h"

namespace relay::smtp {
namespace {

using tests::delivery;
using tests::greeted;
using tests::play;
using tests::show;

std::string with_utf8(std::string_view rest) {
    return greeted({"PIPELINING", "8BITMIME", "SmtpUtf8 and more"}, rest);
}

std::string without_utf8(std::string_view rest) {
    return greeted({"PIPELINING", "8BITMIME"}, rest);
}

queue::Address address(std::string_view text) {
    return queue::Address::parse(text, queue::Characters::Utf8).value();
}

TEST(ClientDialogUtf8, SaysTheParameterForAnAddressBeyondAscii) {
    Delivery made = delivery({"b@example.net"});
    made.recipients.push_back({address("j\u00fcrgen@b\u00fccher.example"), {}});
    const ClientDialog dialog = play({made}, with_utf8(R"(
        = begin
        C: MAIL FROM:<a@example.com> SMTPUTF8
        C: RCPT TO:<b@example.net>
        C: RCPT TO:<jürgen@xn--bcher-kva.example>
        C: DATA
        S: 250 ok
        S: 250 ok
        S: 553 5.6.7 jürgen is not here
        S: 354 go on
        C: [message]
        S: 250 2.0.0 queued
        = ready)"));
    EXPECT_EQ(dialog.outcomes()[0].kind, queue::Outcome::Kind::Delivered);
    EXPECT_EQ(show(dialog.outcomes()[1]), "Failed 5.6.7: 553 5.6.7 j\\xc3\\xbcrgen is not here");
}

TEST(ClientDialogUtf8, SaysTheParameterForASenderOrAHeaderBeyondAscii) {
    Delivery sender = delivery({"b@example.net"});
    sender.sender = address("\u7528\u6237@example.com");
    Delivery header = delivery({"b@example.net"});
    header.utf8_header = true;
    header.body = queue::BodyKind::EightBitMime;
    play({sender, header}, with_utf8(R"(
        = begin
        C: MAIL FROM:<用户@example.com> SMTPUTF8
        C: RCPT TO:<b@example.net>
        C: DATA
        S: 250 ok
        S: 250 ok
        S: 354 go on
        C: [message]
        S: 250 2.0.0 queued
        = begin
        C: MAIL FROM:<a@example.com> BODY=8BITMIME SMTPUTF8
        C: RCPT TO:<b@example.net>
        C: DATA
        S: 250 ok
        S: 250 ok
        S: 354 go on
        C: [message]
        S: 250 2.0.0 queued
        = ready)"));
}

TEST(ClientDialogUtf8, SaysNothingWhereNothingNeedsIt) {
    play({delivery({"b@example.net"})}, with_utf8(R"(
        = begin
        C: MAIL FROM:<a@example.com>
        C: RCPT TO:<b@example.net>
        C: DATA
        S: 250 ok
        S: 250 ok
        S: 354 go on
        C: [message]
        S: 250 2.0.0 queued
        = ready)"));
}

TEST(ClientDialogUtf8, GivesNothingToAServerThatDoesNotOfferIt) {
    Delivery made = delivery({"b@example.net"});
    made.recipients.push_back({address("j\u00fcrgen@example.net"), {}});
    const ClientDialog dialog = play({made}, without_utf8(R"(
        = begin
        = ready)"));
    for (const auto& outcome : dialog.outcomes()) {
        EXPECT_EQ(show(outcome),
                  "Failed 5.6.7: an address has characters beyond ASCII and the host does not "
                  "offer SMTPUTF8");
        EXPECT_FALSE(outcome.remote);
    }
    EXPECT_TRUE(dialog.nothing_sent());
}

TEST(ClientDialogUtf8, TellsAHeaderFromAnAddress) {
    Delivery made = delivery({"b@example.net"});
    made.utf8_header = true;
    const ClientDialog dialog = play({made}, without_utf8(R"(
        = begin
        = ready)"));
    EXPECT_EQ(show(dialog.outcomes()[0]),
              "Failed 5.6.9: the header has characters beyond ASCII and the host does not offer "
              "SMTPUTF8");
}

TEST(ClientDialogUtf8, GoesOnWithOrdinaryMailBehindOneThatCouldNotGo) {
    Delivery made = delivery({"b@example.net"});
    made.sender = address("\u00e4@example.com");
    play({made, delivery({"b@example.net"})}, without_utf8(R"(
        = begin
        = begin
        C: MAIL FROM:<a@example.com>
        C: RCPT TO:<b@example.net>
        C: DATA
        S: 250 ok
        S: 250 ok
        S: 354 go on
        C: [message]
        S: 250 2.0.0 queued
        = ready)"));
}

}  // namespace
}  // namespace relay::smtp
