#include <gtest/gtest.h>

#include "conf/parse.h"
#include "tests/conf/minimal.h"

namespace conf {
namespace {

TEST(ParseFaults, NamesTheNearestKeyForAnUnknownOne) {
    EXPECT_EQ(message(with_root("shutdown_grase = \"8s\"")),
              "signet.toml:1:1: unknown key 'shutdown_grase'; did you mean 'shutdown_grace'?");
    EXPECT_EQ(message(with("[[listener]]\nadress = \"127.0.0.1:1\"\n")),
              "signet.toml:9:1: unknown key 'adress' in [[listener]]; did you mean 'address'?");
    EXPECT_EQ(
        message(with("[delivery]\n  Idle-Timeout = \"5s\"\n")),
        "signet.toml:9:3: unknown key 'Idle-Timeout' in [delivery]; did you mean 'idle_timeout'?");
    EXPECT_EQ(message(with("[statsu]\n")),
              "signet.toml:8:2: unknown key 'statsu'; did you mean 'status'?");
}

TEST(ParseFaults, NamesTheTableWhereAMisplacedKeyBelongs) {
    EXPECT_EQ(
        message(with("[limits]\ndot_timeout = \"1m\"\n")),
        "signet.toml:9:1: unknown key 'dot_timeout' in [limits]; did you mean 'data_timeout'? "
        "'dot_timeout' belongs in [delivery]");
    EXPECT_EQ(message(with("[log]\npostmaster = \"a@b.c\"\n")),
              "signet.toml:9:1: unknown key 'postmaster' in [log]; 'postmaster' belongs at the top "
              "of the file, "
              "before the first [table]");
    // Known although this file has no such table.
    EXPECT_EQ(message(with("[log]\nclients = []\n")),
              "signet.toml:9:1: unknown key 'clients' in [log]; 'clients' belongs in [[listener]]");
}

TEST(ParseFaults, ListsTheKeysWhereNoneIsNear) {
    EXPECT_EQ(message(with("[log]\nxyzzy = 1\n")),
              "signet.toml:9:1: unknown key 'xyzzy' in [log]; the keys there are: level, format");
}

TEST(ParseFaults, ReportsEveryFaultAtOnceInTheOrderOfTheFile) {
    const auto lines = messages(R"(hostname = "relay"
postmaster = 5
colour = "red"
[[listener]]
address = "localhost:25"
clients = ["10.0.0.1/8", 7]
[limits]
recipients = 0
data_timeout = "5 min"
[[domain]]
[[domain.selector]]
name = "a b"
[dkim]
prove = "of"
)");
    const std::vector<std::string> expected = {
        R"(signet.toml:1:12: 'hostname' = "relay": write the full name with a dot in it, like "mail.example.com")",
        R"(signet.toml:2:14: 'postmaster' takes a mailbox like "postmaster@example.com", not an integer)",
        R"(signet.toml:3:1: unknown key 'colour'; the keys there are: )",
        R"(signet.toml:5:11: 'address' = "localhost:25": not an address with a port: write an address, no name, )",
        R"(signet.toml:6:12: 'clients' has "10.0.0.1/8": write an address or a network)",
        R"(signet.toml:6:26: 'clients' takes a list of addresses and networks, like ["127.0.0.0/8", "::1"], not an integer)",
        R"(signet.toml:8:14: 'recipients' = 0 is out of range: write a whole number from 1 to 100000)",
        R"(signet.toml:9:16: 'data_timeout' = "5 min": not a duration: write one whole number and ms, s, m, h or d)",
        R"(signet.toml:10:1: 'name' is missing in [[domain]]: write name = "example.com")",
        R"(signet.toml:11:1: 'key' is missing in [[domain.selector]]: write key = )",
        R"(signet.toml:12:8: 'name' = "a b": a label holds other characters than letters, digits, '-' and '_': 'a b')",
        R"(signet.toml:14:9: 'prove' = "of": write "required", "warn" or "off"; did you mean "off"?)",
    };
    ASSERT_EQ(lines.size(), expected.size()) << message("");
    for (std::size_t i = 0; i < lines.size(); ++i) {
        EXPECT_TRUE(lines[i].starts_with(expected[i])) << lines[i] << "\nexpected\n" << expected[i];
    }
}

TEST(ParseFaults, PointsAtTheTopOfTheFileForMissingRootKeys) {
    const auto lines = messages("# nothing\n");
    ASSERT_EQ(lines.size(), 3U);
    EXPECT_TRUE(lines[0].starts_with("signet.toml:1:1: 'hostname' is missing: write hostname = "))
        << lines[0];
    EXPECT_TRUE(lines[1].starts_with("signet.toml:1:1: 'postmaster' is missing: ")) << lines[1];
    EXPECT_TRUE(
        lines[2].starts_with("signet.toml:1:1: 'domain' is missing: write a [[domain]] table"))
        << lines[2];
}

TEST(ParseFaults, SaysHowTablesAreWritten) {
    EXPECT_EQ(message(with_root("limits = 3")),
              "signet.toml:1:10: 'limits' is a table: write [limits] once, and its keys in the "
              "lines below");
    EXPECT_EQ(message(with("[[log]]\nlevel = \"info\"\n")).substr(0, 42),
              "signet.toml:8:1: 'log' is a table: write [");
    EXPECT_EQ(message(with("[listener]\n")),
              "signet.toml:8:1: 'listener' may stand several times: write [[listener]] in double "
              "brackets");
    EXPECT_EQ(message(with_root("listener = [1]")),
              "signet.toml:1:13: 'listener' is a table: write [[listener]] and its keys in the "
              "lines below");
}

TEST(ParseFaults, SaysWhatAWrongTypeShouldBe) {
    EXPECT_EQ(message(with("[limits]\nrecipients = \"5\"\n")),
              "signet.toml:9:14: 'recipients' takes a whole number from 1 to 100000, not a string");
    EXPECT_EQ(message(with("[limits]\nrecipients = 5.0\n")),
              "signet.toml:9:14: 'recipients' takes a whole number from 1 to 100000, not a number "
              "with a point");
    EXPECT_EQ(message(with("[limits]\nmessage_size = 1000\n")),
              "signet.toml:9:16: 'message_size' takes a size like \"25MiB\", from 1KiB to 1GiB, "
              "not an integer");
    EXPECT_EQ(message(with("[dns]\ntimeout = 5\n")),
              "signet.toml:9:11: 'timeout' takes a duration like \"15m\", from 100ms to 1m, not an "
              "integer");
    EXPECT_EQ(message(with("[log]\nlevel = true\n")),
              "signet.toml:9:9: 'level' takes \"debug\", \"info\", \"warning\" or \"error\", not "
              "true or false");
    EXPECT_EQ(message(with("[dkim]\nallow_world_readable_keys = \"no\"\n")),
              "signet.toml:9:29: 'allow_world_readable_keys' takes true or false, not a string");
    EXPECT_EQ(
        message(with("[delivery]\nallow_private_addresses = \"10.0.0.0/8\"\n")),
        "signet.toml:9:27: 'allow_private_addresses' takes false, true or a list of networks like "
        "[\"10.0.0.0/8\"], not a string");
    EXPECT_EQ(message(with("[dns]\nservers = 53\n")),
              "signet.toml:9:11: 'servers' takes \"system\" or a list of addresses like "
              "[\"127.0.0.1:53\"], "
              "not an integer");
    EXPECT_EQ(message(with("[dns]\nlocal_data = \"a. A 1.2.3.4\"\n")),
              "signet.toml:9:14: 'local_data' takes a list of records like [\"example.test. MX 10 "
              "mx.example.test.\"], not a string");
}

TEST(ParseFaults, RefusesDatesWithoutOffset) {
    for (const auto* date : {"2026-12-01T00:00:00", "2026-12-01"}) {
        const std::string text = message(with(std::string("sign_from = ") + date + "\n"));
        EXPECT_TRUE(text.starts_with("signet.toml:8:13: 'sign_from' ")) << text;
        EXPECT_NE(text.find("2026-12-01T00:00:00Z"), std::string::npos) << text;
    }
    EXPECT_NE(message(with("sign_from = \"2026-12-01T00:00:00Z\"\n")).find("without quotes"),
              std::string::npos);
}

TEST(ParseFaults, ReportsTheFirstSyntaxErrorWithItsPlace) {
    const std::string text = message("hostname = \"a.example\"\npostmaster = \n[[domain\n");
    EXPECT_TRUE(text.starts_with("signet.toml:2:14: not TOML: ")) << text;
    EXPECT_EQ(text.find('\n'), std::string::npos);
    EXPECT_TRUE(message(with_root("hostname = \"b.example\"")).starts_with("signet.toml:2:"))
        << "given twice";
    EXPECT_TRUE(message("hostname = \"\xFF\"\n").starts_with("signet.toml:1:"));
    // The parser quotes the line end that cut the word off.
    EXPECT_EQ(message("hostname = fal\n").find('\n'), std::string::npos);
}

TEST(ParseFaults, BoundsSizeAndNesting) {
    std::string deep = "a";
    for (int i = 0; i < 16; ++i) {
        deep += ".a";
    }
    EXPECT_TRUE(message(with_root(deep + " = 1")).starts_with("signet.toml:1:1: unknown key 'a'"));
    EXPECT_TRUE(message(with_root(deep + ".a = 1"))
                    .starts_with("signet.toml:1:34: a key with more than 16 dots"));
    EXPECT_TRUE(message(with_root("x = {" + deep + ".\"a\" = 1}")).find("more than 16 dots") !=
                std::string::npos);
    std::string tower = "a";
    for (int i = 0; i < 500000; ++i) {
        tower += ".a";
    }
    EXPECT_NE(message("[" + tower + "]"), "right");
    EXPECT_NE(message("x = " + std::string(200000, '[')), "right");
    EXPECT_EQ(message(std::string((1U << 20U) + 1, '\n')),
              "signet.toml: larger than 1 MiB: a configuration is a few KiB");
    // Dots in strings and comments are no nesting.
    const std::string dots(100, '.');
    EXPECT_EQ(message(with("# " + dots + "\n[dns]\nlocal_data = [\"x TXT '\\\"" + dots +
                           "'\", 'y TXT \"" + dots + "']\n")),
              "right");
}

TEST(ParseFaults, ShortensLongValuesInMessages) {
    const std::string text = message(with_root("user = \"" + std::string(5000, 'x') + "\""));
    EXPECT_LT(text.size(), 250U);
    EXPECT_NE(text.find("xxx...\""), std::string::npos);
}

}  // namespace
}  // namespace conf
