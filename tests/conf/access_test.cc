// Listeners with TLS and AUTH, users, and who may send as whom.
#include <algorithm>
#include <cstdlib>
#include <fstream>

#include <gtest/gtest.h>

#include "conf/parse.h"
#include "tests/conf/minimal.h"
#include "tests/support/temporary_folder.h"

namespace conf {
namespace {

const std::string kVerifier =
    "SCRAM-SHA-256$4096:W22ZaJ0SNY7soEsUEjb6gQ==$WG5d8oPm3OtcPnkdi4Uo7BkeZkBFzpcXkuLmtbsT4qY=:"
    "wfPLwcE6nTWhTAmQ7tl2KeoiWGPlZqQxSrmfPwDl2dU=";

/// A [[user]] of two keys, with more lines behind.
std::string user(const std::string& name, const std::string& lines = "") {
    return "[[user]]\nname = \"" + name + "\"\npassword = \"" + kVerifier + "\"\n" + lines;
}

TEST(Access, TakesTheKeysOfAListener) {
    const Config config = configured(with(R"([[listener]]
address = "0.0.0.0:465"
tls = "implicit"
certificate = "tls/chain.pem"
key = "/etc/key.pem"
client_ca = "../ca.pem"
auth = "off"
clients = [
    "10.0.0.0/8",
    { net = "10.1.0.0/16", senders = ["example.com", "a@EXAMPLE.com"] },
    { net = "::1" },
]
[[listener]]
tls = "required-starttls"
certificate = "c"
key = "k"
client_ca = ""
auth = "required"
clients = []
)") + user("billing"));
    ASSERT_EQ(config.listeners.size(), 2U);
    const Listener& first = config.listeners[0];
    EXPECT_EQ(first.tls, ListenerTls::Implicit);
    EXPECT_EQ(first.certificate, "/etc/signet/tls/chain.pem");
    EXPECT_EQ(first.key, "/etc/key.pem");
    EXPECT_EQ(first.client_ca, "/etc/ca.pem");
    EXPECT_EQ(first.auth, Auth::Off);
    ASSERT_EQ(first.clients.size(), 3U);
    EXPECT_EQ(first.clients[0], (Client{IpNetwork::parse("10.0.0.0/8").value(), {}}));
    EXPECT_EQ(first.clients[1].network.text(), "10.1.0.0/16");
    const DomainName domain = DomainName::parse("example.com").value();
    EXPECT_EQ(first.clients[1].senders, (Senders{false, {domain}, {{"a", domain}}}));
    EXPECT_TRUE(first.clients[2].senders.any);
    const Listener& second = config.listeners[1];
    EXPECT_EQ(second.tls, ListenerTls::RequiredStartTls);
    EXPECT_EQ(second.client_ca, "");
    EXPECT_EQ(second.auth, Auth::Required);
    EXPECT_TRUE(second.clients.empty());
}

TEST(Access, TakesTheKeysOfAUser) {
    const Config config =
        configured(with(user("billing", "senders = [\"example.com\", \"no-reply@example.com\"]\n") +
                        user("B\xC3\xBC ro")));
    ASSERT_EQ(config.users.size(), 2U);
    EXPECT_EQ(config.users[0].name, "billing");
    EXPECT_EQ(config.users[0].password.text(), kVerifier);
    const DomainName domain = DomainName::parse("example.com").value();
    EXPECT_EQ(config.users[0].senders, (Senders{false, {domain}, {{"no-reply", domain}}}));
    EXPECT_EQ(config.users[1].name, "B\xC3\xBC ro");
    EXPECT_TRUE(config.users[1].senders.any);
}

TEST(Access, TakesPasswordsFromElsewhere) {
    setenv("SIGNET_TEST_VERIFIER", kVerifier.c_str(), 1);
    const auto password = [](const std::string& value) {
        return with("[[user]]\nname = \"a\"\npassword = " + value + "\n");
    };
    EXPECT_EQ(configured(password("\"${SIGNET_TEST_VERIFIER}\"")).users[0].password.text(),
              kVerifier);
    const support::TemporaryFolder folder;
    std::ofstream(folder.file("secret")) << kVerifier << "\n";
    EXPECT_EQ(configured(password("{ file = \"" + folder.file("secret") + "\" }"))
                  .users[0]
                  .password.text(),
              kVerifier);
    EXPECT_EQ(message(password("{ file = \"none\" }")),
              "signet.toml:10:21: 'file' = \"none\": not a file with one line of text: No such "
              "file or directory");
    EXPECT_EQ(message(password("{ path = \"none\" }")),
              "signet.toml:10:12: 'file' is missing in the table of 'password': write { file = "
              "\"/etc/signet/secrets/name\" }\n"
              "signet.toml:10:14: unknown key 'path'");
    std::ofstream(folder.file("secret")) << "hunter2\n";
    const std::string text = message(password("{ file = \"" + folder.file("secret") + "\" }"));
    EXPECT_NE(text.find("not a SCRAM-SHA-256 verifier"), std::string::npos) << text;
    EXPECT_EQ(text.find("hunter2"), std::string::npos) << text;
}

TEST(Access, NeverRepeatsAPassword) {
    setenv("SIGNET_TEST_LINE", "hunter2\nhunter2", 1);
    for (const auto* value : {"\"hunter2\"",
                              "\"hunter2${\"",
                              "\"hunter2${SIGNET_TEST_UNSET}\"",
                              "\"${SIGNET_TEST_LINE}\"",
                              "\"SCRAM-SHA-256$hunter2\""}) {
        const std::string text =
            message(with("[[user]]\nname = \"a\"\npassword = " + std::string(value) + "\n"));
        EXPECT_TRUE(text.starts_with("signet.toml:10:12: 'password' = \"********\"")) << text;
        EXPECT_EQ(text.find("hunter2"), std::string::npos) << text;
        EXPECT_EQ(text.find('\n'), std::string::npos) << text;
    }
    EXPECT_EQ(message(with("[[user]]\nname = \"a\"\npassword = 5\n")),
              "signet.toml:10:12: 'password' takes what `signet hash-password` prints, or { file = "
              "\"...\" } of a file that holds it, not an integer");
}

TEST(Access, UsersHaveNamesAndPasswords) {
    EXPECT_EQ(message(with("[[user]]\n")),
              "signet.toml:8:1: 'name' is missing in [[user]]: write name = \"billing\", under "
              "which somebody logs in\n"
              "signet.toml:8:1: 'password' is missing in [[user]]: write password = and what "
              "`signet hash-password` prints, in quotes");
    EXPECT_EQ(message(with(user(std::string(255, 'a')))), "right");
    for (const std::string& name :
         {std::string(), std::string(256, 'a'), std::string("a\\tb"), std::string("\xC2\x85")}) {
        EXPECT_EQ(messages(with(user(name))).size(), 1U) << name;
        EXPECT_TRUE(message(with(user(name))).starts_with("signet.toml:9:8: 'name' = ")) << name;
    }
    EXPECT_EQ(message(with(user("\xC2\xA0"))), "right");
}

TEST(Access, TheAccountHasAnotherNameBesideUsers) {
    EXPECT_EQ(configured(with_root("run_as = \"signet\"") + user("a")).user, "signet");
    EXPECT_EQ(configured(with_root("run_as = \"signet\"")).user, "signet");
    EXPECT_EQ(configured(with_root("user = \"signet\"")).user, "signet");
    EXPECT_EQ(message(with_root("user = \"a\"\nrun_as = \"b\"")),
              "signet.toml:1:8: 'user' is 'run_as' by another name: write one of them");
    const std::string clash = message(with_root("user = \"signet\"") + user("a"));
    EXPECT_TRUE(clash.starts_with("signet.toml:9:")) << clash;
    EXPECT_TRUE(clash.ends_with(": beside [[user]] write run_as = \"...\" for user")) << clash;
    EXPECT_EQ(message(with("[user]\nname = \"a\"\n")),
              "signet.toml:8:1: 'user' may stand several times: write [[user]] in double brackets");
    EXPECT_TRUE(message(with_root("user = 5"))
                    .starts_with("signet.toml:1:8: 'user' takes the name of a user"));
}

TEST(Access, ClientsAreNetworksOrTablesWithOne) {
    const auto clients = [](const std::string& entry) {
        return message(with("[[listener]]\nclients = [" + entry + "]\n"));
    };
    EXPECT_EQ(clients("{ senders = [\"example.com\"] }"),
              "signet.toml:9:12: 'net' is missing in an entry of 'clients': write { net = "
              "\"10.1.0.0/16\", senders = [\"example.com\"] }");
    EXPECT_EQ(clients("{ net = \"10.0.0.1/8\" }"),
              "signet.toml:9:20: 'net' = \"10.0.0.1/8\": write an address or a network like "
              "\"10.1.0.0/16\", with no bit set behind the prefix");
    EXPECT_EQ(clients("{ net = \"::/0\" }"),
              "signet.toml:9:20: 'net' = \"::/0\": that is everyone, an open relay: name the "
              "networks of your own clients");
    EXPECT_EQ(clients("{ nett = \"::1\", net = \"::1\" }"),
              "signet.toml:9:14: unknown key 'nett' in an entry of 'clients'; did you mean 'net'?");
    EXPECT_EQ(clients("5"),
              "signet.toml:9:12: 'clients' takes a list of addresses and networks, like "
              "[\"127.0.0.0/8\", \"::1\"], not an integer");
    EXPECT_EQ(message(with("[[listener]]\nsenders = []\n")),
              "signet.toml:9:1: unknown key 'senders' in [[listener]]; 'senders' belongs in an "
              "entry of 'clients'");
}

TEST(Access, SendersAreDomainsOrMailboxes) {
    const auto senders = [](const std::string& list) {
        return message(with(user("a", "senders = " + list + "\n")));
    };
    EXPECT_EQ(senders("[\"example.com\", \"A.b@Example.com\"]"), "right");
    EXPECT_EQ(senders("[]"),
              "signet.toml:11:11: 'senders' is empty, so nothing could be sent: name domains or "
              "mailboxes, or leave the key out for every [[domain]]");
    EXPECT_EQ(senders("\"example.com\""),
              "signet.toml:11:11: 'senders' takes a list of domains and mailboxes, like "
              "[\"example.com\", \"billing@example.org\"], not a string");
    for (const auto* entry : {"",
                              "*",
                              "example",
                              "@example.com",
                              "a@",
                              "a b@example.com",
                              "a@b@example.com",
                              "a_b.example",
                              "192.0.2.1"}) {
        const std::string text = senders("[\"example.com\", \"" + std::string(entry) + "\"]");
        EXPECT_TRUE(text.starts_with("signet.toml:11:27: 'senders' has ")) << text;
        EXPECT_EQ(text.find('\n'), std::string::npos) << text;
    }
}

TEST(Access, ListsTheKeysOfUsersButNotThoseInsideValues) {
    const auto keys = known_keys();
    const auto listed = [&](const std::string& key) {
        return std::find(keys.begin(), keys.end(), key) != keys.end();
    };
    EXPECT_TRUE(listed("listener.clients"));
    EXPECT_TRUE(listed("user.password"));
    EXPECT_TRUE(listed("run_as"));
    EXPECT_FALSE(listed("user"));
    EXPECT_FALSE(listed("listener.clients.net"));
    EXPECT_FALSE(listed("user.password.file"));
}

}  // namespace
}  // namespace conf
