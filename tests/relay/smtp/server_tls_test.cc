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
    made.offers_tls = true;
    return made;
}

/// Behind a handshake.
std::string under_tls(const std::string& script) {
    return after_ehlo(R"(
        C: STARTTLS
        S: 220 2.0.0 ready to start TLS
        C: [tls]
        C: EHLO client.example
    )" + tests::ehlo_reply({"REQUIRETLS"}) +
                          script,
                      {"STARTTLS"});
}

TEST(ServerTls, TakesWhatRequiresTlsForOneTransactionAlone) {
    const std::vector<Taken> taken = play(rules(), under_tls(R"(
        C: MAIL FROM:<a@example.com> requiretls SIZE=5
        S: 250 2.1.0 sender OK
        C: RCPT TO:<b@example.net>
        S: 250 2.1.5 recipient OK
        C: DATA
        S: 354 end with <CR><LF>.<CR><LF>
        C: TLS-Required: No
        C: .
        S: 250 2.0.0 queued
        C: MAIL FROM:<a@example.com>
        S: 250 2.1.0 sender OK
        C: RCPT TO:<b@example.net>
        S: 250 2.1.5 recipient OK
        C: DATA
        S: 354 end with <CR><LF>.<CR><LF>
        C: .
        S: 250 2.0.0 queued)"));
    ASSERT_EQ(taken.size(), 2U);
    EXPECT_TRUE(taken[0].transaction.require_tls);
    EXPECT_FALSE(taken[1].transaction.require_tls);
}

TEST(ServerTls, OffersAndTakesItUnderTlsOnly) {
    play(rules(),
         after_ehlo(R"(
        C: MAIL FROM:<a@example.com> REQUIRETLS
        S: 555 5.5.4 REQUIRETLS is for sessions under TLS
        C: RCPT TO:<b@example.net>
        S: 503 5.5.1 MAIL comes before RCPT
        C: MAIL FROM:<a@example.com> REQUIRETLS=1
        S: 501 5.5.4 REQUIRETLS takes no value
        C: MAIL FROM:<a@example.com>
        S: 250 2.1.0 sender OK)",
                    {"STARTTLS"}));
}

TEST(ServerTls, RefusesAValue) {
    play(rules(), under_tls(R"(
        C: MAIL FROM:<a@example.com> REQUIRETLS=yes
        S: 501 5.5.4 REQUIRETLS takes no value
        C: MAIL FROM:<a@example.com> REQUIRETLS REQUIRETLS
        S: 501 5.5.4 a parameter is given twice)"));
}

TEST(ServerTls, SaysFirstWhatElseIsMissing) {
    ServerRules strangers = rules();
    strangers.may_relay = false;
    ServerDialog dialog(strangers);
    dialog.command("EHLO client.example");
    EXPECT_TRUE(
        dialog.command("MAIL FROM:<a@example.com> REQUIRETLS").reply.starts_with("550 5.7.1 "));
}

}  // namespace
}  // namespace relay::smtp
