// Every key at both ends of its range, and just beyond.
#include <gtest/gtest.h>

#include "conf/parse.h"
#include "tests/conf/minimal.h"

namespace conf {
namespace {

struct Bound {
    const char* table;
    const char* key;
    std::vector<std::string> allowed;
    std::vector<std::string> refused;
};

TEST(Ranges, HoldsTheRangeOfEveryKey) {
    const std::vector<std::string> times = {"\"100ms\"", "\"1h\""};
    const std::vector<std::string> not_times = {"\"99ms\"", "\"3601s\"", "\"0\""};
    const std::vector<Bound> bounds = {
        {"limits", "message_size", {"\"1KiB\"", "\"1GiB\""}, {"\"1023\"", "\"1025MiB\"", "\"0\""}},
        {"limits", "recipients", {"1", "100000"}, {"0", "100001", "-1"}},
        {"limits", "connections", {"1", "100000"}, {"0", "100001"}},
        {"limits", "connections_per_client", {"1", "100000"}, {"0", "100001"}},
        {"limits", "messages_per_connection", {"1", "1000000"}, {"0", "1000001"}},
        {"limits", "errors", {"1", "1000"}, {"0", "1001"}},
        {"limits", "messages_per_minute_per_client", {"0", "1000000"}, {"-1", "1000001"}},
        {"limits",
         "queue_messages",
         {"0", "1", "1000000000"},
         {"-1", "1000000001", "9223372036854775807", "1.0", "\"0\""}},
        {"limits", "command_timeout", times, not_times},
        {"limits", "data_timeout", {"\"100ms\"", "\"1d\""}, {"\"99ms\"", "\"25h\""}},
        {"limits",
         "min_free_disk",
         {"\"0\"", "\"1024TiB\"", "\"auto\""},
         {"\"1025TiB\"", "\"Auto\"", "0"}},
        {"intake", "origin", {"\"\"", "\"example.net\""}, {"\"localhost\"", "\"a@b.c\"", "0"}},
        {"intake", "received_client", {"\"full\"", "\"hidden\""}, {"\"Full\"", "\"\"", "true"}},
        {"intake", "long_lines", {"\"encode\"", "\"refuse\""}, {"\"keep\"", "998"}},
        {"intake", "eight_bit", {"\"keep\"", "\"encode\""}, {"\"refuse\"", "8"}},
        {"queue", "expire_after", {"\"1s\"", "\"30d\""}, {"\"999ms\"", "\"31d\"", "\"0\""}},
        {"queue", "delay_warning", {"\"0\"", "\"30d\""}, {"\"31d\"", "4"}},
        {"queue", "history", {"\"0\"", "\"365d\""}, {"\"366d\"", "3"}},
        {"queue", "history_size", {"\"1MiB\"", "\"1024GiB\""}, {"\"1023KiB\"", "\"1025GiB\"", "0"}},
        {"queue", "active_messages", {"1", "1000000"}, {"0", "1000001"}},
        {"queue", "retry", {"[\"1s\"]", "[\"7d\"]"}, {"[\"999ms\"]", "[\"8d\"]", "[]", "\"1m\""}},
        {"queue", "store", {"\"sqlite\""}, {"\"postgresql://x\"", "\"\""}},
        {"delivery", "port", {"1", "65535"}, {"0", "65536", "9223372036854775807"}},
        {"delivery", "addresses", {"\"both\"", "\"ipv4\"", "\"ipv6\""}, {"\"IPv4\"", "\"any\""}},
        {"delivery", "connections", {"1", "100000"}, {"0", "100001"}},
        {"delivery", "connections_per_site", {"1", "10000"}, {"0", "10001"}},
        {"delivery", "messages_per_connection", {"1", "1000000"}, {"0", "1000001"}},
        {"delivery", "recipients_per_transaction", {"1", "10000"}, {"0", "10001"}},
        {"delivery", "connection_attempts_per_message", {"1", "100"}, {"0", "101"}},
        {"delivery", "idle_timeout", {"\"0\"", "\"10m\""}, {"\"601s\""}},
        {"delivery", "connect_timeout", {"\"100ms\"", "\"10m\""}, {"\"99ms\"", "\"601s\""}},
        {"delivery", "greeting_timeout", times, not_times},
        {"delivery", "mail_timeout", times, not_times},
        {"delivery", "rcpt_timeout", times, not_times},
        {"delivery", "data_timeout", times, not_times},
        {"delivery", "block_timeout", times, not_times},
        {"delivery", "dot_timeout", times, not_times},
        {"delivery", "tls", {"\"none\""}, {"\"opportunistic\""}},
        {"delivery",
         "allow_private_addresses",
         {"true", "false", "[]", "[\"10.0.0.1\"]"},
         {"[\"10\"]", "[1]"}},
        {"dkim", "prove", {"\"off\"", "\"required\"", "\"warn\""}, {"\"on\"", "true"}},
        {"dkim", "retire_after", {"\"0\"", "\"365d\""}, {"\"366d\"", "7"}},
        {"dkim", "signature_expiry", {"\"0\"", "\"1h\"", "\"365d\""}, {"\"59m\"", "\"366d\"", "0"}},
        {"dkim",
         "canonicalization",
         {"\"relaxed/relaxed\"", "\"relaxed/simple\"", "\"simple/relaxed\"", "\"simple/simple\""},
         {"\"relaxed\"", "\"simple/none\""}},
        {"dns", "timeout", {"\"100ms\"", "\"1m\""}, {"\"99ms\"", "\"61s\""}},
        {"dns", "cache_size", {"\"64KiB\"", "\"1GiB\""}, {"\"63KiB\"", "\"1025MiB\""}},
        {"dns", "trust_anchor", {"\"off\""}, {"\"auto\""}},
        {"dns",
         "servers",
         {"\"system\"", "[\"192.0.2.1:53\"]"},
         {"\"recursive\"",
          "[]",
          "[\"192.0.2.1\"]",
          "[\"192.0.2.1:0\"]",
          "[\"unix:/x\"]",
          "[\"ns.example:53\"]"}},
        {"dns",
         "local_data",
         {"[]", "[\"a. A 192.0.2.1\"]"},
         {"[\"\"]", "[\"a. A\"]", "[\" a.  A \"]", "[\"a. A 1\\n\"]"}},
        {"self_check", "mode", {"\"enforce\"", "\"warn\"", "\"off\""}, {"\"on\""}},
        {"self_check", "interval", {"\"1s\"", "\"1d\""}, {"\"999ms\"", "\"25h\""}},
        {"status",
         "address",
         {"\"127.0.0.1:0\"", "\"[::1]:80\""},
         {"\"unix:/x\"", "\"127.0.0.1\""}},
        {"status", "control_socket", {"\"unix:/x\""}, {"\"/x\"", "\"unix:\"", "\"127.0.0.1:1\""}},
        {"log",
         "level",
         {"\"debug\"", "\"info\"", "\"warning\"", "\"error\""},
         {"\"warn\"", "\"\""}},
        {"log", "format", {"\"text\"", "\"json\""}, {"\"xml\""}},
    };
    for (const Bound& bound : bounds) {
        const std::string head = std::string("[") + bound.table + "]\n" + bound.key + " = ";
        for (const std::string& value : bound.allowed) {
            EXPECT_EQ(message(with(head + value + "\n")), "right") << head << value;
        }
        for (const std::string& value : bound.refused) {
            const std::string text = message(with(head + value + "\n"));
            EXPECT_TRUE(text.starts_with("signet.toml:9:")) << head << value << "\n" << text;
            EXPECT_EQ(text.find('\n'), std::string::npos) << text;
        }
    }
}

TEST(Ranges, BoundsTheListsOfServersAndWaits) {
    std::string servers = "[dns]\nservers = [";
    std::string retry = "[queue]\nretry = [";
    for (int i = 0; i < 16; ++i) {
        servers += "\"192.0.2.1:53\",";
    }
    for (int i = 0; i < 100; ++i) {
        retry += "\"1m\",";
    }
    EXPECT_EQ(message(with(servers + "]\n")), "right");
    EXPECT_EQ(message(with(retry + "]\n")), "right");
    EXPECT_NE(message(with(servers + "\"192.0.2.1:53\"]\n")), "right");
    EXPECT_NE(message(with(retry + "\"1m\"]\n")), "right");
}

TEST(Ranges, RefusesBadValuesOfRootKeys) {
    for (const auto* line : {"data_dir = \"\"",
                             "user = \"a b\"",
                             "user = \"a:b\"",
                             "node = \"a/b\"",
                             "shutdown_grace = \"61m\"",
                             "data_dir = \"a\\u0000b\"",
                             "data_dir = \"a\\nb\""}) {
        EXPECT_TRUE(message(with_root(line)).starts_with("signet.toml:1:"))
            << message(with_root(line));
    }
    EXPECT_EQ(message(with_root("user = \"" + std::string(32, 'a') + "\"")), "right");
    EXPECT_NE(message(with_root("user = \"" + std::string(33, 'a') + "\"")), "right");
    EXPECT_EQ(message(with_root("run_as = \"" + std::string(32, 'a') + "\"")), "right");
    EXPECT_NE(message(with_root("run_as = \"a b\"")), "right");
    EXPECT_EQ(message(with_root("node = \"" + std::string(63, 'a') + "\"")), "right");
    EXPECT_NE(message(with_root("node = \"" + std::string(64, 'a') + "\"")), "right");
    const std::string rest = kMinimal.substr(kMinimal.find('\n') + 1);
    for (const auto* name : {"relay", "", "192.0.2.1", "a_b.example", "a..b", "[192.0.2.1]"}) {
        const std::string text = message(std::string("hostname = \"") + name + "\"\n" + rest);
        EXPECT_TRUE(text.starts_with("signet.toml:1:12: 'hostname' = ")) << text;
    }
}

}  // namespace
}  // namespace conf
