#include <gtest/gtest.h>

#include "conf/validate.h"
#include "tests/conf/minimal.h"

namespace conf {
namespace {

const std::string kUser =
    "[[user]]\nname = \"a\"\npassword = \"SCRAM-SHA-256$4096:W22ZaJ0SNY7soEsUEjb6gQ==$"
    "WG5d8oPm3OtcPnkdi4Uo7BkeZkBFzpcXkuLmtbsT4qY=:wfPLwcE6nTWhTAmQ7tl2KeoiWGPlZqQxSrmfPwDl2dU="
    "\"\n";
const std::string kFiles = "certificate = \"c\"\nkey = \"k\"\n";
constexpr std::string_view kNoOffer =
    "auth = \"required\" lets nobody in: AUTH is not offered without TLS except on loopback: write "
    "tls = \"required-starttls\" or \"implicit\"";
constexpr std::string_view kNoUser =
    "auth = \"required\" lets nobody in: write a [[user]] table, or client_ca";

/// A listener's keys from line 9, other tables behind.
std::string listener(const std::string& keys, const std::string& rest = "") {
    return message(with("[[listener]]\n" + keys + rest));
}

TEST(ValidateAccess, TlsHasACertificateAndAKey) {
    for (const auto* tls : {"starttls", "required-starttls", "implicit"}) {
        const std::string line = "tls = \"" + std::string(tls) + "\"\n";
        EXPECT_EQ(listener(line + kFiles), "right");
        EXPECT_EQ(listener(line),
                  "signet.toml:9:7: TLS needs 'certificate': write the path of its PEM file\n"
                  "signet.toml:9:7: TLS needs 'key': write the path of its PEM file");
        EXPECT_EQ(listener(line + "certificate = \"c\"\n"),
                  "signet.toml:9:7: TLS needs 'key': write the path of its PEM file");
        EXPECT_EQ(listener(line + "certificate = \"\"\nkey = \"k\"\n"),
                  "signet.toml:10:15: TLS needs 'certificate': write the path of its PEM file");
    }
}

TEST(ValidateAccess, WithoutTlsThereAreNoCertificates) {
    EXPECT_EQ(listener("certificate = \"\"\nkey = \"\"\nclient_ca = \"\"\n"), "right");
    const std::string rest =
        " does nothing with tls = \"none\": write tls = \"starttls\" or \"implicit\", or remove it";
    EXPECT_EQ(listener(kFiles + "client_ca = \"a\"\n"),
              "signet.toml:9:15: 'certificate'" + rest + "\nsignet.toml:10:7: 'key'" + rest +
                  "\nsignet.toml:11:13: 'client_ca'" + rest);
}

TEST(ValidateAccess, AFaultThatWasReportedMakesNoOther) {
    EXPECT_EQ(messages(with("[[listener]]\ntls = \"tls\"\n" + kFiles)).size(), 1U);
    EXPECT_EQ(
        messages(with("[[listener]]\ntls = \"starttls\"\nkey = \"k\"\ncertificate = 5\n")).size(),
        1U);
    EXPECT_EQ(messages(with("[[listener]]\naddress = \"0.0.0.0:25\"\ntls = \"tls\"\nauth = "
                            "\"required\"\n" +
                            kUser))
                  .size(),
              1U);
    EXPECT_EQ(messages(with("[[listener]]\naddress = \"x\"\nauth = \"required\"\n" + kUser)).size(),
              1U);
    EXPECT_EQ(messages(with("[[listener]]\ntls = \"starttls\"\n" + kFiles +
                            "client_ca = 5\nauth = \"required\"\n"))
                  .size(),
              1U);
}

TEST(ValidateAccess, WhoMustLogInCan) {
    const std::string required = "auth = \"required\"\n";
    EXPECT_EQ(listener(required, kUser), "right") << "on loopback";
    EXPECT_EQ(listener("address = \"[::1]:25\"\n" + required, kUser), "right");
    EXPECT_EQ(listener(required), "signet.toml:9:8: " + std::string(kNoUser));
    EXPECT_EQ(listener(required + "client_ca = \"\"\n"),
              "signet.toml:9:8: " + std::string(kNoUser));
    EXPECT_EQ(listener(required + "tls = \"starttls\"\nclient_ca = \"a\"\n" + kFiles), "right");
    const std::string open = "address = \"192.0.2.1:25\"\n";
    EXPECT_EQ(listener(open + required, kUser), "signet.toml:10:8: " + std::string(kNoOffer));
    EXPECT_EQ(listener(open + required),
              "signet.toml:10:8: " + std::string(kNoUser) +
                  "\nsignet.toml:10:8: " + std::string(kNoOffer));
    EXPECT_EQ(listener(open + required + "tls = \"starttls\"\n" + kFiles, kUser), "right");
    // Users log in where they can; this listener serves its networks.
    EXPECT_EQ(listener(open, kUser), "right");
}

TEST(ValidateAccess, ClientsMayBeNoneWhereSomebodyLogsIn) {
    const std::string none = "clients = []\n";
    const std::string fault =
        ": 'clients' is empty, so nobody could send: name the networks of your clients";
    EXPECT_EQ(listener(none, kUser), "right");
    EXPECT_EQ(listener(none), "signet.toml:9:11" + fault);
    EXPECT_EQ(listener(none + "auth = \"off\"\n", kUser), "signet.toml:9:11" + fault);
    EXPECT_EQ(listener(none + "address = \"192.0.2.1:25\"\n", kUser), "signet.toml:9:11" + fault);
    EXPECT_EQ(listener(none + "tls = \"starttls\"\nclient_ca = \"a\"\n" + kFiles), "right");
}

TEST(ValidateAccess, ANetworkHasOneListOfSenders) {
    EXPECT_EQ(listener("clients = [\"::1\", \"::1\"]\n"), "right");
    EXPECT_EQ(listener("clients = [\"::1\", { net = \"::1\", senders = [\"example.com\"] }]\n"),
              "signet.toml:9:19: 'clients' has ::1 twice with other senders: put all of them into "
              "one entry");
    EXPECT_EQ(messages(with("[[listener]]\nclients = [5, \"::1\", { net = \"::1\", senders = "
                            "[\"example.com\"] }]\n"))
                  .size(),
              1U);
}

TEST(ValidateAccess, UsersHaveNamesOfTheirOwn) {
    std::string other = kUser;
    other.replace(other.find("\"a\""), 3, "\"A\"");
    EXPECT_EQ(message(with(kUser + other)), "right");
    EXPECT_EQ(message(with(kUser + kUser)),
              "signet.toml:12:8: two [[user]] tables have this name: who of them logs in? give "
              "each its own");
    EXPECT_EQ(messages(with("[[user]]\n[[user]]\n")).size(), 4U);
}

TEST(ValidateAccess, SendersAreInDomainsOfTheFile) {
    EXPECT_EQ(message(with(kUser + "senders = [\"example.com\", \"a@example.org\"]\n")),
              "signet.toml:11:27: 'senders' names example.org, which is no [[domain]]: add one, or "
              "correct it");
    EXPECT_EQ(message(with(kUser + "senders = [\"mail.example.com\"]\n")),
              "signet.toml:11:12: 'senders' names mail.example.com, which is no [[domain]]: add "
              "one, or correct it");
    EXPECT_EQ(listener("clients = [\"::1\", { net = \"10.0.0.1\", senders = [\"b.org\"] }]\n"),
              "signet.toml:9:50: 'senders' names b.org, which is no [[domain]]: add one, or "
              "correct it");
    EXPECT_EQ(message(with(kUser + "senders = [\"b.org\"]\n[[domain]]\nname = \"B.org\"\n" +
                           "envelope_only = true\n")),
              "right");
    // A domain that could not be read may be the one.
    EXPECT_EQ(messages(with(kUser + "senders = [\"b.org\"]\n[[domain]]\nname = \"b..org\"\n" +
                            "envelope_only = true\n"))
                  .size(),
              1U);
}

}  // namespace
}  // namespace conf
