#include "conf/validate.h"

#include <gtest/gtest.h>

#include "tests/conf/minimal.h"

namespace conf {
namespace {

constexpr std::string_view kRoot =
    "hostname = \"mail.example.com\"\npostmaster = \"p@example.com\"\n";

/// Two lines of root keys, then `rest` from line 3.
std::string rooted(const std::string& rest) {
    return std::string(kRoot) + rest;
}

const std::string kDomain = "[[domain]]\nname = \"example.com\"\n";
const std::string kSelector = "[[domain.selector]]\nname = \"a\"\nkey = \"k\"\n";

TEST(Validate, PostmasterIsInADomainThatSigns) {
    EXPECT_EQ(message(rooted(kDomain + kSelector)), "right");
    EXPECT_EQ(message(rooted("[[domain]]\nname = \"example.org\"\n" + kSelector)),
              "signet.toml:2:14: the domain of 'postmaster' is no [[domain]]: take one that signs, "
              "or add example.com");
    EXPECT_EQ(
        message(
            rooted(kDomain + "envelope_only = true\n[[domain]]\nname = \"b.org\"\n" + kSelector)),
        "signet.toml:2:14: the domain of 'postmaster' has envelope_only: take one that signs");
}

TEST(Validate, ADomainThatCouldNotBeReadHidesNoOther) {
    EXPECT_EQ(messages(rooted("[[domain]]\nname = \"a..b\"\n" + kSelector)).size(), 1U);
}

TEST(Validate, DomainsAndSelectorsHaveNamesOfTheirOwn) {
    EXPECT_EQ(
        message(rooted(kDomain + kSelector + "[[domain]]\nname = \"EXAMPLE.com.\"\n" + kSelector)),
        "signet.toml:9:8: two [[domain]] tables have the name example.com: put all selectors under "
        "one");
    EXPECT_EQ(
        message(rooted(kDomain + kSelector + "[[domain.selector]]\nname = \"A\"\nkey = \"l\"\n")),
        "signet.toml:9:8: the domain has two selectors 'a': give each its own name");
    EXPECT_EQ(message(rooted(kDomain + kSelector + "[[domain]]\nname = \"b.org\"\n" + kSelector)),
              "right");
}

TEST(Validate, ADomainSignsOrIsForTheEnvelopeOnly) {
    EXPECT_TRUE(
        message(rooted(kDomain)).starts_with("signet.toml:3:1: the domain has no selector: write "))
        << message(rooted(kDomain));
    EXPECT_EQ(message(rooted(kDomain + kSelector +
                             "[[domain]]\nname = \"b.org\"\nenvelope_only = true\n" + kSelector)),
              "signet.toml:11:1: a domain with 'envelope_only' never signs: remove its selectors "
              "or that key");
    // A selector that is no table has its own problem.
    EXPECT_EQ(messages(rooted(kDomain + "selector = 5\n")).size(), 1U);
}

TEST(Validate, ADomainWithoutSignaturesSaysSo) {
    const std::string plain = "[[domain]]\nname = \"b.org\"\nsign = false\n";
    EXPECT_EQ(message(rooted(kDomain + kSelector + plain)), "right");
    EXPECT_EQ(message(rooted(kDomain + kSelector + plain + kSelector)),
              "signet.toml:11:1: a domain with 'sign = false' never signs: remove its selectors or "
              "that key");
    EXPECT_EQ(message(rooted(kDomain + kSelector + plain + "envelope_only = true\n")),
              "signet.toml:10:8: a domain with 'envelope_only' has no mail of its own: remove "
              "'sign'");
    EXPECT_EQ(message(rooted("[[domain]]\nname = \"example.com\"\nsign = false\n")),
              "signet.toml:2:14: the domain of 'postmaster' has sign = false: take one that signs");
}

TEST(Validate, SelectorsEndAfterTheyBegin) {
    const std::string from = "sign_from = 2026-12-01T00:00:00Z\n";
    EXPECT_EQ(message(rooted(kDomain + kSelector + from + "sign_until = 2026-12-01T00:00:01Z\n")),
              "right");
    for (const auto* until :
         {"2026-12-01T00:00:00Z", "2026-12-01T00:30:00+01:00", "2025-01-01T00:00:00Z"}) {
        EXPECT_EQ(message(rooted(kDomain + kSelector + from + "sign_until = " + until + "\n")),
                  "signet.toml:9:14: 'sign_until' is not after 'sign_from': this selector would "
                  "never sign");
    }
}

TEST(Validate, TheDnsNameOfASelectorFits) {
    const std::string label(60, 'a');
    const std::string domain = label + "." + label + "." + label + ".example.com";
    const auto text = [&](std::size_t length) {
        return "hostname = \"h.example\"\npostmaster = \"p@" + domain +
               "\"\n[[domain]]\nname = \"" + domain + "\"\n[[domain.selector]]\nname = \"" +
               std::string(length, 's') + "\"\nkey = \"k\"\n";
    };
    const std::size_t room = 253 - domain.size() - std::string("._domainkey.").size();
    EXPECT_EQ(message(text(room)), "right");
    EXPECT_TRUE(message(text(room + 1))
                    .starts_with("signet.toml:6:8: the DNS name of this selector is longer"));
}

TEST(Validate, ListenersHaveAddressesOfTheirOwn) {
    const std::string one = "[[listener]]\naddress = \"127.0.0.1:2525\"\n";
    const std::string base = rooted(kDomain + kSelector);
    EXPECT_EQ(message(base + one + "[[listener]]\naddress = \"[::1]:2525\"\n"), "right");
    EXPECT_EQ(
        message(base + one + one),
        "signet.toml:11:11: two listeners have the address 127.0.0.1:2525: give each its own");
    EXPECT_EQ(message(base + one + "[[listener]]\n"),
              "signet.toml:10:1: two listeners have the address 127.0.0.1:2525: give each its own");
    EXPECT_EQ(message(base + "[status]\naddress = \"127.0.0.1:2525\"\n"),
              "signet.toml:9:11: a listener has the address 127.0.0.1:2525 too: give the status "
              "page its own");
    EXPECT_EQ(
        message(base +
                "[[listener]]\naddress = \"127.0.0.1:0\"\n[status]\naddress = \"127.0.0.1:0\"\n"),
        "right");
}

TEST(Validate, AListenerHasClientsButNotEveryone) {
    const std::string base = rooted(kDomain + kSelector) + "[[listener]]\n";
    EXPECT_EQ(message(base + "clients = []\n"),
              "signet.toml:9:11: 'clients' is empty, so nobody could send: name the networks of "
              "your clients");
    EXPECT_EQ(messages(base + "clients = [\"all\"]\n").size(), 1U);
    for (const auto* everyone : {"0.0.0.0/0", "::/0"}) {
        EXPECT_TRUE(message(base + "clients = [\"" + everyone + "\"]\n")
                        .ends_with("name the networks of your own clients"));
    }
    EXPECT_EQ(message(base + "address = \"unix:/x\"\n"),
              "signet.toml:9:11: 'address' = \"unix:/x\": a listener has an address and a port, "
              "like \"127.0.0.1:2525\"");
}

TEST(Validate, TheControlSocketFitsItsAddress) {
    const std::string base = kDomain + kSelector;
    const auto socket = [&](std::size_t length) {
        return rooted(base + "[status]\ncontrol_socket = \"unix:/" + std::string(length - 1, 'x') +
                      "\"\n");
    };
    EXPECT_EQ(message(socket(107)), "right");
    EXPECT_TRUE(
        message(socket(108))
            .starts_with("signet.toml:9:18: the control socket's path has more than 107 octets"));
    const std::string folder = "/" + std::string(100, 'd');
    EXPECT_TRUE(
        message(rooted("data_dir = \"" + folder + "\"\n" + base))
            .starts_with("signet.toml:3:12: the control socket's path has more than 107 octets"));
    EXPECT_EQ(message(rooted("data_dir = \"" + folder + "\"\n" + base +
                             "[status]\ncontrol_socket = \"unix:/c\"\n")),
              "right");
}

}  // namespace
}  // namespace conf
