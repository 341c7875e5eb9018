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

Delivery requiring() {
    Delivery made = delivery({"b@example.net", "c@example.net"});
    made.require_tls = true;
    return made;
}

constexpr std::string_view kDelivered = R"(
        S: 250 ok
        S: 250 ok
        S: 354 go on
        C: [message]
        S: 250 2.0.0 queued
        = ready)";

TEST(ClientDialogTls, GivesNothingToAConnectionInTheClearWhateverItOffers) {
    for (const tests::Offered& offered :
         {tests::Offered{"PIPELINING"}, tests::Offered{"PIPELINING", "REQUIRETLS"}}) {
        const ClientDialog dialog = play({requiring()}, greeted(offered, "= begin\n = ready"));
        ASSERT_EQ(dialog.outcomes().size(), 2U);
        for (const auto& outcome : dialog.outcomes()) {
            EXPECT_EQ(show(outcome),
                      "Failed 5.7.30: the message requires TLS and the connection to the host has "
                      "none");
            EXPECT_FALSE(outcome.remote);
        }
        EXPECT_TRUE(dialog.nothing_sent()) << "another host may be asked";
    }
}

TEST(ClientDialogTls, GivesNothingToAServerUnderTlsThatDoesNotOfferIt) {
    const ClientDialog dialog = play({requiring()},
                                     greeted({"PIPELINING", "REQUIRETLSX"}, "= begin\n = ready"),
                                     Protection::VerifiedTls);
    EXPECT_EQ(show(dialog.outcomes()[1]),
              "Failed 5.7.30: the message requires TLS and the host does not offer REQUIRETLS");
}

TEST(ClientDialogTls, SaysItUnderTlsToAServerThatOffersIt) {
    Delivery made = delivery({"b@example.net"});
    made.require_tls = true;
    play({made},
         greeted({"PIPELINING", "RequireTls"}, R"(
        = begin
        C: MAIL FROM:<a@example.com> REQUIRETLS
        C: RCPT TO:<b@example.net>
        C: DATA)" + std::string(kDelivered)),
         Protection::VerifiedTls);
}

TEST(ClientDialogTls, SaysNothingWhereItIsNotRequired) {
    play({delivery({"b@example.net"})},
         greeted({"PIPELINING", "REQUIRETLS"}, R"(
        = begin
        C: MAIL FROM:<a@example.com>
        C: RCPT TO:<b@example.net>
        C: DATA)" + std::string(kDelivered)),
         Protection::VerifiedTls);
}

// RFC 8689 5: a report is not lost for want of it.
TEST(ClientDialogTls, CarriesAReportProtectedOrNot) {
    Delivery report = delivery({"b@example.net"});
    report.sender = {};
    report.require_tls = true;
    const auto script = [](const std::string& mail) {
        return greeted({"PIPELINING", "REQUIRETLS"}, "= begin\n C: MAIL FROM:<>" + mail + R"(
        C: RCPT TO:<b@example.net>
        C: DATA)" + std::string(kDelivered));
    };
    play({report}, script(""));
    play({report}, script(" REQUIRETLS"), Protection::VerifiedTls);
}

TEST(ClientDialogTls, NamesWhatWeighsMostFirst) {
    Delivery made = requiring();
    made.body = queue::BodyKind::EightBitMime;
    made.size = 5001;
    const ClientDialog dialog =
        play({made}, greeted({"SIZE 5000"}, "= begin\n = ready"), Protection::VerifiedTls);
    EXPECT_EQ(dialog.outcomes()[0].status, (queue::EnhancedStatus{5, 7, 30}));
}

TEST(ClientDialogTls, GoesOnWithOrdinaryMailBehindOneThatCouldNotGo) {
    play({requiring(), delivery({"b@example.net"})}, greeted({"PIPELINING"}, R"(
        = begin
        = begin
        C: MAIL FROM:<a@example.com>
        C: RCPT TO:<b@example.net>
        C: DATA)" + std::string(kDelivered)));
}

}  // namespace
}  // namespace relay::smtp
