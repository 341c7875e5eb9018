#include "conf/parse.h"

#include <algorithm>
#include <filesystem>
#include <fstream>

#include <gtest/gtest.h>

#include "tests/conf/minimal.h"
#include "tests/support/temporary_folder.h"

namespace conf {
namespace {

using namespace std::chrono_literals;

TEST(Parse, FillsEveryDefaultOfASmallFile) {
    const Config config = configured(kMinimal);
    EXPECT_EQ(config.hostname.text(), "mail.example.com");
    EXPECT_EQ(config.postmaster, "postmaster@example.com");
    EXPECT_EQ(config.postmaster_domain.text(), "example.com");
    EXPECT_EQ(config.data_dir, "/var/lib/signet");
    EXPECT_EQ(config.shutdown_grace, 8s);
    ASSERT_EQ(config.listeners.size(), 1U);
    EXPECT_EQ(config.listeners[0].address.text(), "127.0.0.1:2525");
    ASSERT_EQ(config.listeners[0].clients.size(), 2U);
    EXPECT_EQ(config.listeners[0].clients[0].network.text(), "127.0.0.0/8");
    EXPECT_EQ(config.listeners[0].clients[1].network.text(), "::1");
    EXPECT_EQ(config.listeners[0].bare_newline, BareNewline::Reject);
    EXPECT_EQ(config.limits, Limits{});
    EXPECT_EQ(config.limits.queue_messages, 0);
    EXPECT_EQ(config.intake, Intake{});
    EXPECT_EQ(config.dkim, Dkim{});
    EXPECT_EQ(config.queue, Queue{});
    EXPECT_EQ(config.queue.retry, (std::vector<Duration>{1min, 5min, 15min, 30min, 1h, 2h, 4h}));
    EXPECT_EQ(config.delivery, Delivery{});
    EXPECT_EQ(config.dns, Dns{});
    EXPECT_EQ(config.self_check, SelfCheck{});
    EXPECT_EQ(config.status.address.text(), "127.0.0.1:8025");
    EXPECT_EQ(config.status.control_socket.text(), "unix:/var/lib/signet/control.sock");
    EXPECT_EQ(config.log, Log{});
    ASSERT_EQ(config.domains.size(), 1U);
    ASSERT_EQ(config.domains[0].selectors.size(), 1U);
    EXPECT_FALSE(config.domains[0].selectors[0].sign_from);
}

TEST(Parse, TakesTheKeysOfListenersAndLimits) {
    const Config config = configured(with(R"([[listener]]
address = "[::1]:25"
tls = "none"
clients = ["10.0.0.0/8", "192.0.2.1"]
bare_newline = "normalize"
[[listener]]
address = "127.0.0.1:0"
[[listener]]
address = "127.0.0.1:0"
[limits]
message_size = "10KiB"
recipients = 1
connections = 2
connections_per_client = 3
messages_per_connection = 4
errors = 5
memory = "4MiB"
messages_per_minute_per_client = 6
queue_messages = 7
command_timeout = "100ms"
data_timeout = "24h"
min_free_disk = "0"
)"));
    ASSERT_EQ(config.listeners.size(), 3U);
    EXPECT_EQ(config.listeners[0].address.text(), "[::1]:25");
    ASSERT_EQ(config.listeners[0].clients.size(), 2U);
    EXPECT_EQ(config.listeners[0].clients[1].network.text(), "192.0.2.1");
    EXPECT_EQ(config.listeners[0].bare_newline, BareNewline::Normalize);
    EXPECT_EQ(config.listeners[1].clients.size(), 2U);
    EXPECT_EQ(config.listeners[1].bare_newline, BareNewline::Reject);
    const Limits expected{10240, 1, 2, 3, 4, 5, 100ms, 24h, 4 << 20, 6, 7, 0};
    EXPECT_EQ(config.limits, expected);
    EXPECT_FALSE(configured(with("[limits]\nmin_free_disk = \"auto\"\n")).limits.min_free_disk);
}

TEST(Parse, TakesTheKeysOfDomainsAndSigning) {
    const Config config = configured(R"(hostname = "Relay.Example.COM."
postmaster = "ops@BÜCHER.example"
data_dir = "data"
user = "signet"
node = "relay-1"
shutdown_grace = "0"
[[domain]]
name = "bücher.example"
[[domain.selector]]
name = "S1.Mail"
key = "../keys/a.pem"
sign_from = 2026-12-01T01:00:00.25+01:00
sign_until = 2027-06-01T00:00:00Z
[[domain]]
name = "bounce.example"
envelope_only = true
[dkim]
prove = "off"
canonicalization = "simple/relaxed"
allow_world_readable_keys = true
)");
    EXPECT_EQ(config.hostname.text(), "relay.example.com");
    EXPECT_EQ(config.postmaster, "ops@xn--bcher-kva.example");
    EXPECT_EQ(config.data_dir, "/etc/signet/data");
    EXPECT_EQ(config.user, "signet");
    EXPECT_EQ(config.node, "relay-1");
    EXPECT_EQ(config.shutdown_grace, 0s);
    ASSERT_EQ(config.domains.size(), 2U);
    EXPECT_EQ(config.domains[0].name.text(), "xn--bcher-kva.example");
    const Selector& selector = config.domains[0].selectors.at(0);
    EXPECT_EQ(selector.name, "s1.mail");
    EXPECT_EQ(selector.key, "/etc/keys/a.pem");
    using namespace std::chrono;
    EXPECT_EQ(selector.sign_from, Instant(sys_days(2026y / December / 1)) + 250ms);
    EXPECT_EQ(selector.sign_until, Instant(sys_days(2027y / June / 1)));
    EXPECT_TRUE(config.domains[1].envelope_only);
    EXPECT_EQ(config.dkim.header_canonicalization, Canonicalization::Simple);
    EXPECT_EQ(config.dkim.body_canonicalization, Canonicalization::Relaxed);
    EXPECT_TRUE(config.dkim.allow_world_readable_keys);
}

TEST(Parse, TakesTheKeysOfQueueAndDelivery) {
    const Config config = configured(with(R"([queue]
store = "sqlite"
retry = ["1s", "7d"]
expire_after = "3s"
active_messages = 6
[delivery]
port = 65535
addresses = "ipv6"
connections = 7
connections_per_site = 8
messages_per_connection = 9
recipients_per_transaction = 10
connection_attempts_per_message = 11
idle_timeout = "0"
connect_timeout = "1s"
greeting_timeout = "2s"
mail_timeout = "3s"
rcpt_timeout = "4s"
data_timeout = "5s"
block_timeout = "6s"
dot_timeout = "7s"
tls = "none"
allow_private_addresses = ["10.0.0.0/8", "::1"]
)"));
    EXPECT_EQ(config.queue, (Queue{StoreKind::Sqlite, {1s, 24h * 7}, 3s, 4h, 24h * 3, 1 << 30, 6}));
    const Delivery expected{
        65535,
        AddressFamilies::Ipv6,
        7,
        8,
        9,
        10,
        11,
        0s,
        1s,
        2s,
        3s,
        4s,
        5s,
        6s,
        7s,
        Tls::None,
        false,
        {IpNetwork::parse("10.0.0.0/8").value(), IpNetwork::parse("::1").value()}};
    EXPECT_EQ(config.delivery, expected);
    EXPECT_TRUE(configured(with("[delivery]\nallow_private_addresses = true\n"))
                    .delivery.allow_all_private_addresses);
}

TEST(Parse, TakesTheKeysOfDnsAndOperation) {
    const Config config = configured(with(R"([dns]
servers = ["127.0.0.1:5353", "[::1]:53"]
trust_anchor = "off"
local_data = ["a.test. A 192.0.2.1", "a.test.	60 IN MX 10 b.test."]
timeout = "250ms"
cache_size = "64KiB"
[self_check]
mode = "warn"
interval = "1s"
[status]
address = "127.0.0.1:0"
control_socket = "unix:run/c.sock"
[log]
level = "warning"
format = "json"
)"));
    ASSERT_EQ(config.dns.servers.size(), 2U);
    EXPECT_EQ(config.dns.servers[1].text(), "[::1]:53");
    EXPECT_EQ(config.dns.local_data.size(), 2U);
    EXPECT_EQ(config.dns.timeout, 250ms);
    EXPECT_EQ(config.dns.cache_size, 65536U);
    EXPECT_EQ(config.self_check, (SelfCheck{CheckMode::Warn, 1s}));
    EXPECT_EQ(config.status.address.text(), "127.0.0.1:0");
    EXPECT_EQ(config.status.control_socket.path, "/etc/signet/run/c.sock");
    EXPECT_EQ(config.log, (Log{LogLevel::Warning, LogFormat::Json}));
    EXPECT_TRUE(configured(with("[dns]\nservers = \"system\"\n")).dns.servers.empty());
}

TEST(Parse, TakesWhatASignatureCovers) {
    const std::string domain = "[[domain]]\nname = \"b.org\"\nsubdomains = true\n";
    const std::string selector = "[[domain.selector]]\nname = \"a\"\nkey = \"k\"\n";
    const Config config =
        configured(with(domain + "headers = [\"Subject\", \"FROM\", \"X-Campaign_2\"]\n" +
                        selector + "[dkim]\nretire_after = \"36h\"\nsignature_expiry = \"14d\"\n"));
    EXPECT_EQ(config.domains[1].headers,
              (std::vector<std::string>{"subject", "from", "x-campaign_2"}));
    EXPECT_TRUE(config.domains[1].subdomains);
    EXPECT_TRUE(config.domains[1].sign);
    EXPECT_TRUE(config.domains[0].headers.empty());
    EXPECT_EQ(config.dkim.prove, Prove::Required);
    EXPECT_EQ(config.dkim.retire_after, 36h);
    EXPECT_EQ(config.dkim.signature_expiry, 14 * 24h);
    EXPECT_TRUE(
        configured(with(domain + "headers = \"default\"\n" + selector)).domains[1].headers.empty());
    const auto fault = [&](const std::string& headers) {
        return message(with(domain + "headers = " + headers + "\n" + selector));
    };
    EXPECT_EQ(fault("[\"Subject\"]"),
              "signet.toml:11:11: 'headers' lacks From, which every signature covers (RFC 6376 "
              "5.4): add it");
    EXPECT_EQ(fault("[]"), fault("[\"Subject\"]"));
    EXPECT_TRUE(fault("[\"From\", \"from\"]").ends_with("it is in the list already"));
    EXPECT_TRUE(fault("[\"From\", \"a:b\"]").find("no name of a header field") !=
                std::string::npos);
    EXPECT_TRUE(fault("\"all\"").find("write \"default\"") != std::string::npos);
}

TEST(Parse, FindsTheDomainThatSpeaksForAName) {
    const std::string selector = "[[domain.selector]]\nname = \"a\"\nkey = \"k\"\n";
    const Config config =
        configured(with("[[domain]]\nname = \"b.org\"\nsubdomains = true\n" + selector +
                        "[[domain]]\nname = \"deep.b.org\"\nsubdomains = true\n" + selector +
                        "[[domain]]\nname = \"own.b.org\"\n" + selector));
    const auto speaker = [&](const std::string& name) {
        const Domain* const domain = config.domain_of(DomainName::parse(name).value());
        return domain == nullptr ? "" : domain->name.text();
    };
    EXPECT_EQ(speaker("b.org"), "b.org");
    EXPECT_EQ(speaker("a.b.org"), "b.org");
    EXPECT_EQ(speaker("x.deep.b.org"), "deep.b.org");
    EXPECT_EQ(speaker("own.b.org"), "own.b.org");
    EXPECT_EQ(speaker("x.own.b.org"), "b.org");
    EXPECT_EQ(speaker("a.example.com"), "");
    EXPECT_EQ(speaker("xb.org"), "");
}

TEST(Parse, TakesTheFileOfALoadRun) {
    setenv("SIGNET_TEST_LOG", "error", 1);
    const Config config = configured(R"(hostname = "relay.example.test"
postmaster = "postmaster@example.test"
data_dir = "/tmp/bench/data"

[[listener]]
address = "127.0.0.1:2600"
tls = "none"
clients = ["127.0.0.0/8"]

[[domain]]
name = "example.test"
  [[domain.selector]]
  name = "sel"
  key = "/tmp/bench/key.pem"

[dkim]
prove = "off"

[delivery]
port = 25
addresses = "ipv4"
tls = "none"
allow_private_addresses = true

[dns]
servers = ["127.0.0.1:53"]
trust_anchor = "off"

[self_check]
mode = "off"

[status]
address = "127.0.0.1:8025"
control_socket = "unix:/tmp/bench/control.sock"

[log]
level = "${SIGNET_TEST_LOG}"
)");
    EXPECT_EQ(config.log.level, LogLevel::Error);
    EXPECT_EQ(config.self_check.mode, CheckMode::Off);
}

TEST(Parse, TakesVariablesFromTheEnvironment) {
    setenv("SIGNET_TEST_HOST", "env.example.com", 1);
    setenv("SIGNET_TEST_LINE", "a\nb", 1);
    unsetenv("SIGNET_TEST_UNSET");
    EXPECT_EQ(configured(with_root("data_dir = \"/x/${SIGNET_TEST_HOST}\"")).data_dir,
              "/x/env.example.com");
    EXPECT_EQ(configured(with_root("data_dir = \"/x/$${SIGNET_TEST_HOST}\"")).data_dir,
              "/x/${SIGNET_TEST_HOST}");
    EXPECT_EQ(message(with_root("data_dir = \"${SIGNET_TEST_UNSET}\"")),
              "signet.toml:1:12: 'data_dir' = \"${SIGNET_TEST_UNSET}\": the environment has no "
              "such variable: "
              "set SIGNET_TEST_UNSET before the start");
    EXPECT_EQ(message(with_root("data_dir = \"${SIGNET_TEST_LINE}\"")),
              "signet.toml:1:12: 'data_dir' = \"a?b\" holds a control character: remove it");
    EXPECT_TRUE(message(with("[dns]\nlocal_data = [\"${}\"]\n"))
                    .starts_with("signet.toml:9:15: 'local_data' "));
}

TEST(Parse, ListsTheKeysThatAFileMayHave) {
    const auto keys = known_keys();
    for (const auto* key : {"hostname",
                            "listener.clients",
                            "domain.selector.sign_until",
                            "delivery.port",
                            "log.format"}) {
        EXPECT_NE(std::find(keys.begin(), keys.end(), key), keys.end()) << key;
    }
    EXPECT_EQ(std::find(keys.begin(), keys.end(), "domain.selector"), keys.end());
}

class Load : public testing::Test {
protected:
    support::TemporaryFolder made_;
    std::filesystem::path folder_ = std::filesystem::canonical(made_.path());
};

TEST_F(Load, TakesPathsRelativeToTheFolderOfTheFile) {
    const auto file = folder_ / "signet.toml";
    std::ofstream(file) << "data_dir = \"data\"\n" << kMinimal;
    const Loaded loaded = load(file.string());
    const auto& config = std::get<std::shared_ptr<const Config>>(loaded);
    EXPECT_EQ(config->data_dir, (folder_ / "data").string());
    EXPECT_EQ(config->domains[0].selectors[0].key, (folder_ / "keys/a.pem").string());
    EXPECT_EQ(config->status.control_socket.path, (folder_ / "data/control.sock").string());
}

TEST_F(Load, NamesAFileThatCannotBeRead) {
    const auto problem = [](const std::filesystem::path& file) {
        const auto problems = std::get<std::vector<Problem>>(load(file.string()));
        return problems.size() == 1 ? problems[0].message() : "not one problem";
    };
    const auto missing = folder_ / "none.toml";
    EXPECT_EQ(
        problem(missing),
        missing.string() +
            ": cannot be read: No such file or directory: name a readable file with --config");
    EXPECT_EQ(
        problem(folder_),
        folder_.string() + ": cannot be read: Is a directory: name a readable file with --config");
    const auto large = folder_ / "large.toml";
    std::ofstream(large) << std::string(2U << 20U, '\n');
    EXPECT_EQ(problem(large), large.string() + ": larger than 1 MiB: a configuration is a few KiB");
}

}  // namespace
}  // namespace conf
