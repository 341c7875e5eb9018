#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "conf/base64.h"
#include "relay/smtp/server_dialog.h"
#include "tests/relay/smtp/server_transcript.h"

namespace relay::smtp {
namespace {

using tests::after_ehlo;
using tests::play;
using tests::Taken;
using Next = ServerDialog::Next;

const conf::ScramVerifier& verifier() {
    static const conf::ScramVerifier kept = make_verifier("secret", std::string(16, 's'), 4096);
    return kept;
}

ServerRules rules() {
    ServerRules made = tests::open_rules();
    made.message_size = 1000;
    made.may_relay = false;
    made.offers_tls = true;
    made.offers_auth = true;
    made.find_verifier = [](std::string_view user) {
        return user == "billing"
                   ? verifier()
                   : conf::ScramVerifier{
                         4096, std::string(16, 'n'), std::string(32, 'x'), std::string(32, 'y')};
    };
    made.make_nonce = [] { return std::string("a-nonce-of-this-server"); };
    return made;
}

std::string base64(std::string_view octets) {
    return conf::encode_base64(octets);
}

const std::string kRight = base64(std::string_view("\0billing\0secret", 15));
const std::string kWrong = base64(std::string_view("\0billing\0guess", 14));

/// A dialog behind EHLO and a handshake.
std::unique_ptr<ServerDialog> secured(const ServerRules& from = rules()) {
    auto dialog = std::make_unique<ServerDialog>(from);
    dialog->command("EHLO client.example");
    dialog->command("STARTTLS");
    dialog->secured("");
    dialog->command("EHLO client.example");
    return dialog;
}

std::string check(ServerDialog& dialog, const std::string& line) {
    auto step = dialog.command(line);
    if (step.next == Next::CheckPassword) {
        const auto& login = dialog.login();
        step = dialog.password_checked(password_matches(login.verifier(), login.password()));
    }
    return step.reply;
}

TEST(ServerLogin, OffersPasswordsUnderTlsOnly) {
    ServerDialog dialog(rules());
    const std::string clear = dialog.command("EHLO client.example").reply;
    EXPECT_NE(clear.find("250-STARTTLS\r\n"), std::string::npos);
    EXPECT_EQ(clear.find("AUTH"), std::string::npos);
    EXPECT_TRUE(dialog.command("AUTH PLAIN " + kRight).reply.starts_with("538 5.7.11 "));
    EXPECT_EQ(dialog.command("STARTTLS").next, Next::StartTls);
    dialog.secured("");
    const std::string under_tls = dialog.command("EHLO client.example").reply;
    EXPECT_EQ(under_tls.find("STARTTLS"), std::string::npos);
    EXPECT_NE(under_tls.find("250-AUTH SCRAM-SHA-256 PLAIN LOGIN\r\n"), std::string::npos);
}

TEST(ServerLogin, OffersPasswordsInTheClearToItsOwnHost) {
    auto made = rules();
    made.on_this_host = true;
    ServerDialog dialog(made);
    EXPECT_NE(dialog.command("EHLO client.example").reply.find("AUTH"), std::string::npos);
    EXPECT_TRUE(check(dialog, "AUTH PLAIN " + kRight).starts_with("235 2.7.0 "));
}

TEST(ServerLogin, ForgetsEverythingWhenTlsBegins) {
    play(rules(),
         after_ehlo(R"(
        C: STARTTLS
        S: 220 2.0.0 ready to start TLS
        C: [tls]
        C: MAIL FROM:<a@example.com>
        S: 503 5.5.1 say EHLO first)",
                    {"STARTTLS"},
                    1000));
}

TEST(ServerLogin, TakesStartTlsOnceAndOutsideOfTransactionsOnly) {
    auto made = rules();
    made.may_relay = true;
    ServerDialog dialog(made);
    dialog.command("EHLO client.example");
    dialog.command("MAIL FROM:<a@example.com>");
    EXPECT_TRUE(dialog.command("STARTTLS").reply.starts_with("503 5.5.1 "));
    dialog.command("RSET");
    EXPECT_TRUE(dialog.command("STARTTLS now").reply.starts_with("501 5.5.4 "));
    EXPECT_EQ(dialog.command("STARTTLS").next, Next::StartTls);
    dialog.secured("");
    EXPECT_TRUE(dialog.command("STARTTLS").reply.starts_with("503 5.5.1 "));
    made.offers_tls = false;
    ServerDialog plain(made);
    plain.command("EHLO client.example");
    EXPECT_TRUE(plain.command("STARTTLS").reply.starts_with("502 5.5.1 "));
}

TEST(ServerLogin, SaysWhatIsMissingBeforeMail) {
    auto made = rules();
    ServerDialog dialog(made);
    dialog.command("EHLO client.example");
    EXPECT_EQ(dialog.command("MAIL FROM:<a@example.com>").reply,
              "530 5.7.0 say STARTTLS, then log in with AUTH\r\n");
    const auto kept_tls = secured(made);
    ServerDialog& tls = *kept_tls;
    EXPECT_EQ(tls.command("MAIL FROM:<a@example.com>").reply, "530 5.7.0 log in first: AUTH\r\n");
    made.offers_auth = false;
    ServerDialog nobody(made);
    nobody.command("EHLO client.example");
    EXPECT_TRUE(nobody.command("MAIL FROM:<a@example.com>").reply.starts_with("550 5.7.1 "));
    EXPECT_TRUE(nobody.command("AUTH PLAIN " + kRight).reply.starts_with("502 5.5.1 "));
}

TEST(ServerLogin, RequiresWhatIsRequiredOfListedClientsToo) {
    auto made = rules();
    made.may_relay = true;
    made.requires_tls = true;
    ServerDialog dialog(made);
    dialog.command("EHLO client.example");
    EXPECT_EQ(dialog.command("MAIL FROM:<a@example.com>").reply,
              "530 5.7.0 say STARTTLS first\r\n");
    const auto kept_listed = secured(made);
    ServerDialog& listed = *kept_listed;
    EXPECT_TRUE(listed.command("MAIL FROM:<a@example.com>").reply.starts_with("250 "));
    made.requires_auth = true;
    const auto kept_anonymous = secured(made);
    ServerDialog& anonymous = *kept_anonymous;
    EXPECT_TRUE(anonymous.command("MAIL FROM:<a@example.com>").reply.starts_with("530 5.7.0 "));
    EXPECT_TRUE(check(anonymous, "AUTH PLAIN " + kRight).starts_with("235 "));
    EXPECT_TRUE(anonymous.command("MAIL FROM:<a@example.com>").reply.starts_with("250 "));
}

TEST(ServerLogin, TakesACertificateForALogin) {
    auto made = rules();
    made.requires_auth = true;
    ServerDialog dialog(made);
    dialog.command("EHLO client.example");
    dialog.command("STARTTLS");
    dialog.secured("printer.example.com");
    dialog.command("EHLO client.example");
    EXPECT_EQ(dialog.user(), "printer.example.com");
    EXPECT_TRUE(dialog.command("MAIL FROM:<a@example.com>").reply.starts_with("250 "));
}

TEST(ServerLogin, AsksForWhatAnInitialResponseLeavesOut) {
    const auto kept_plain = secured();
    ServerDialog& plain = *kept_plain;
    auto step = plain.command("AUTH PLAIN");
    EXPECT_EQ(step.next, Next::SaslLine);
    EXPECT_EQ(step.reply, "334 \r\n");
    EXPECT_EQ(plain.sasl_line(kRight).next, Next::CheckPassword);
    const auto welcome = plain.password_checked(true);
    EXPECT_TRUE(welcome.reply.starts_with("235 2.7.0 "));
    EXPECT_TRUE(welcome.logged_in);
    EXPECT_EQ(plain.user(), "billing");

    const auto kept_login = secured();
    ServerDialog& login = *kept_login;
    EXPECT_EQ(login.command("AUTH login").reply, "334 " + base64("Username:") + "\r\n");
    EXPECT_EQ(login.sasl_line(base64("billing")).reply, "334 " + base64("Password:") + "\r\n");
    EXPECT_EQ(login.sasl_line(base64("secret")).next, Next::CheckPassword);
    EXPECT_TRUE(login.password_checked(true).reply.starts_with("235 2.7.0 "));
}

TEST(ServerLogin, RefusesUnknownUsersAsWrongPasswords) {
    const auto kept_known = secured();
    ServerDialog& known = *kept_known;
    const auto kept_unknown = secured();
    ServerDialog& unknown = *kept_unknown;
    const std::string nobody = base64(std::string_view("\0nobody\0secret", 14));
    EXPECT_EQ(check(known, "AUTH PLAIN " + kWrong), check(unknown, "AUTH PLAIN " + nobody));
    EXPECT_TRUE(known.user().empty());
    EXPECT_TRUE(known.command("MAIL FROM:<a@example.com>").reply.starts_with("530 5.7.0 "));
}

TEST(ServerLogin, ClosesAfterThreeFailuresAndMakesThemSlow) {
    const auto kept_dialog = secured();
    ServerDialog& dialog = *kept_dialog;
    for (int attempt = 1; attempt <= 3; ++attempt) {
        auto step = dialog.command("AUTH PLAIN " + kWrong);
        ASSERT_EQ(step.next, Next::CheckPassword);
        step = dialog.password_checked(false);
        EXPECT_TRUE(step.penalty);
        EXPECT_TRUE(step.reply.starts_with("535 5.7.8 "));
        EXPECT_EQ(step.next, attempt == 3 ? Next::Close : Next::Line);
    }
}

TEST(ServerLogin, RefusesWhatBreaksTheExchange) {
    const auto kept_dialog = secured();
    ServerDialog& dialog = *kept_dialog;
    EXPECT_TRUE(dialog.command("AUTH CRAM-MD5").reply.starts_with("504 5.5.4 "));
    EXPECT_TRUE(dialog.command("AUTH PLAIN !!!").reply.starts_with("501 5.5.2 "));
    EXPECT_TRUE(dialog.command("AUTH PLAIN =").reply.starts_with("501 5.5.2 "));
    dialog.command("AUTH PLAIN");
    EXPECT_TRUE(dialog.sasl_line("*").reply.starts_with("501 5.7.0 "));
    dialog.command("AUTH PLAIN");
    EXPECT_TRUE(dialog.sasl_line_too_long().reply.starts_with("500 5.5.6 "));
    dialog.command("AUTH LOGIN");
    EXPECT_TRUE(dialog.sasl_line("no base64").reply.starts_with("501 5.5.2 "));
    EXPECT_TRUE(check(dialog, "AUTH PLAIN " + kRight).starts_with("235 "));
}

TEST(ServerLogin, LogsInOnceAndOutsideOfTransactionsOnly) {
    const auto kept_dialog = secured();
    ServerDialog& dialog = *kept_dialog;
    EXPECT_TRUE(check(dialog, "AUTH PLAIN " + kRight).starts_with("235 "));
    EXPECT_TRUE(check(dialog, "AUTH PLAIN " + kRight).starts_with("503 5.5.1 "));
    EXPECT_EQ(dialog.command("EHLO client.example").reply.find("AUTH"), std::string::npos);
    EXPECT_EQ(dialog.user(), "billing") << "EHLO keeps the login";
    auto made = rules();
    made.may_relay = true;
    const auto kept_listed = secured(made);
    ServerDialog& listed = *kept_listed;
    listed.command("MAIL FROM:<a@example.com>");
    EXPECT_TRUE(listed.command("AUTH PLAIN " + kRight).reply.starts_with("503 5.5.1 "));
}

TEST(ServerLogin, AsksWhetherAnybodyMayTryNow) {
    auto made = rules();
    made.judge_login = [] { return Reply{454, "4.7.0", "too many failed logins"}; };
    const auto kept_dialog = secured(made);
    ServerDialog& dialog = *kept_dialog;
    EXPECT_EQ(dialog.command("AUTH PLAIN " + kRight).reply, "454 4.7.0 too many failed logins\r\n");
}

TEST(ServerLogin, KnowsWhoLoggedInWhenTheSenderIsJudged) {
    auto made = rules();
    const ServerDialog* judged = nullptr;
    std::vector<std::string> users;
    made.judge_sender = [&](const queue::Address&) {
        users.push_back(judged->user());
        return std::optional<Reply>();
    };
    const auto kept_dialog = secured(made);
    ServerDialog& dialog = *kept_dialog;
    judged = &dialog;
    check(dialog, "AUTH PLAIN " + kRight);
    dialog.command("MAIL FROM:<a@example.com>");
    EXPECT_EQ(users, std::vector<std::string>{"billing"});
}

}  // namespace
}  // namespace relay::smtp
