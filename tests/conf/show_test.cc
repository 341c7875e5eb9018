#include <gtest/gtest.h>

#include "conf/parse.h"
#include "tests/conf/minimal.h"

namespace conf {
namespace {

using namespace std::chrono_literals;

const ScramVerifier kVerifier{
    4096, std::string(8, 's'), std::string(32, 'k'), std::string(32, '\xFF')};
const Senders kSenders{false,
                       {DomainName::parse("example.com").value()},
                       {{"a", DomainName::parse("example.com").value()},
                        {"B.c", DomainName::parse("bounce.example").value()}}};

void expect_same(const Config& config) {
    const std::string text = show(config, Secrets::Plain);
    EXPECT_EQ(message(text), "right") << text;
    if (message(text) == "right") {
        EXPECT_EQ(configured(text), config) << text;
        EXPECT_EQ(show(configured(text), Secrets::Plain), text);
    }
}

TEST(Show, ReadsBackWithDefaults) {
    expect_same(configured(kMinimal));
}

TEST(Show, ReadsBackWithEverythingSet) {
    Config config = configured(kMinimal);
    config.data_dir = "/srv/\"quoted\" \\ ${HOME} $${ \xC3\xBC";
    config.user = "signet";
    config.node = "relay-1";
    config.shutdown_grace = 90s;
    config.listeners[0].address.port = 0;
    config.listeners.push_back({{IpAddress::parse("::1").value(), 25, {}},
                                ListenerTls::RequiredStartTls,
                                "/tls/chain.pem",
                                "/tls/key.pem",
                                "/tls/ca.pem",
                                Auth::Required,
                                {{IpNetwork::parse("::/64").value(), {}},
                                 {IpNetwork::parse("10.0.0.0/8").value(), kSenders}},
                                {IpNetwork::parse("192.0.2.5").value()},
                                BareNewline::Normalize});
    config.listeners.push_back(config.listeners[1]);
    config.listeners[2].address.port = 26;
    config.listeners[2].tls = ListenerTls::Implicit;
    config.listeners[2].clients.clear();
    config.users = {{"billing", kVerifier, {}}, {"\"b\" \\ ${x} \xC3\xBC", kVerifier, kSenders}};
    config.limits = {1025, 2, 3, 4, 5, 6, 1500ms, 3h, 5'000'000, 7, 8, 4096};
    config.intake = {DomainName::parse("example.net").value(),
                     ReceivedClient::Hidden,
                     LongLines::Refuse,
                     EightBit::Encode};
    Selector selector{"b", "/keys/b.pem", {}, {}};
    selector.sign_from = Instant(1'796'083'200'007ms);
    selector.sign_until = Instant(1'896'083'200'000ms);
    config.domains[0].selectors.push_back(selector);
    config.domains[0].subdomains = true;
    config.domains[0].headers = {"from", "x-campaign"};
    config.domains.push_back({DomainName::parse("bounce.example").value(), true, {}, {}, true, {}});
    config.domains.push_back(
        {DomainName::parse("plain.example").value(), false, {}, {}, false, {}});
    config.dkim = {
        Prove::Warn, 36h, 25h, Canonicalization::Simple, Canonicalization::Relaxed, true};
    config.queue = {StoreKind::Sqlite, {1s, 36h}, 25h, 0s, 5h, 1 << 21, 7};
    config.delivery.addresses = AddressFamilies::Ipv6;
    config.delivery.idle_timeout = 0s;
    config.delivery.allowed_private_addresses = {IpNetwork::parse("10.0.0.0/8").value()};
    config.dns.servers = {{IpAddress::parse("::1").value(), 53, {}}};
    config.dns.local_data = {"a.test. TXT \"x y\"", "b.test. MX 10\ta.test."};
    config.dns.cache_size = 65537;
    config.self_check = {CheckMode::Off, 1s};
    config.status.address.port = 0;
    config.status.control_socket.path = "/run/x.sock";
    config.log = {LogLevel::Debug, LogFormat::Json};
    expect_same(config);
    config.delivery.allowed_private_addresses.clear();
    config.delivery.allow_all_private_addresses = true;
    config.dkim.body_canonicalization = Canonicalization::Simple;
    config.log.level = LogLevel::Warning;
    expect_same(config);
}

TEST(Show, MasksPasswordsForPeople) {
    Config config = configured(kMinimal);
    config.users = {{"a", kVerifier, {}}, {"b", kVerifier, {}}};
    const std::string text = show(config);
    EXPECT_NE(text.find("[[user]]\nname = \"a\"\npassword = \"********\"\n"), std::string::npos);
    EXPECT_EQ(text.find("SCRAM"), std::string::npos);
    // That is all that keeps it from being read back.
    const auto faults = messages(text);
    ASSERT_EQ(faults.size(), 2U) << message(text);
    for (const std::string& fault : faults) {
        EXPECT_NE(fault.find("'password' = \"********\": not a SCRAM-SHA-256 verifier"),
                  std::string::npos)
            << fault;
    }
}

TEST(Show, PrintsDatesInUtc) {
    const Config config = configured(kMinimal + "sign_from = 2026-12-01T01:02:03.004+01:00\n");
    EXPECT_NE(show(config).find("sign_from = 2026-12-01T00:02:03.004Z\n"), std::string::npos);
}

}  // namespace
}  // namespace conf
