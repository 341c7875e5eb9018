#include "relay/net/zones.h"

#include <gtest/gtest.h>

#include "tests/relay/net/table_server.h"
#include "tests/support/fake_dns.h"
#include "tests/support/run_task.h"

namespace relay::net {
namespace {

using std::chrono::seconds;
using support::encode_name;
using support::run_task;
using Status = Answer::Status;

constexpr const char* kName = "s1._domainkey.example.com";

/// Follows one name into another zone, as a resolver does with an alias.
class AliasingDns : public support::FakeDns {
public:
    AliasingDns(std::string name, std::string target)
        : name_(std::move(name)), target_(std::move(target)) {}

    Task<Answer> query(std::string name, RecordType type) override {
        const bool alias = name == name_ && type != RecordType::Cname;
        Answer answer = co_await FakeDns::query(alias ? target_ : name, type);
        answer.via_cname = alias;
        co_return answer;
    }

private:
    std::string name_;
    std::string target_;
};

class ZonesTest : public testing::Test {
protected:
    Zone zone_of(const std::string& name) { return run_task(Zones(dns_).zone_of(name)); }
    NameServers servers_of(const std::string& zone) {
        return run_task(Zones(dns_).servers_of(zone));
    }
    std::vector<std::string> texts_of(const std::string& zone) {
        std::vector<std::string> texts;
        for (const auto& server : servers_of(zone).servers) {
            texts.push_back(server.text());
        }
        return texts;
    }
    void soa(const std::string& zone, std::uint32_t minimum) {
        dns_.add(zone, RecordType::Soa, encode_soa(minimum));
    }
    void ns(const std::string& zone, const std::string& host) {
        dns_.add(zone, RecordType::Ns, encode_name(host));
    }

    support::FakeDns dns_;
};

TEST_F(ZonesTest, FindsTheZoneAboveTheName) {
    soa("example.com", 900);
    soa("com", 60);
    const auto zone = zone_of(kName);
    EXPECT_EQ(zone.name, "example.com");
    EXPECT_EQ(zone.minimum, seconds(900));
    EXPECT_EQ(zone.why, "");
    EXPECT_FALSE(zone.temporary);
}

TEST_F(ZonesTest, PrefersTheZoneThatWasDelegatedFurther) {
    soa("example.com", 900);
    soa("_domainkey.example.com", 300);
    EXPECT_EQ(zone_of(kName).name, "_domainkey.example.com");
}

TEST_F(ZonesTest, FindsAZoneThatIsTheNameItself) {
    soa(kName, 300);
    EXPECT_EQ(zone_of(kName).name, kName);
}

TEST_F(ZonesTest, DoesNotTakeTheSoaOfAnAliasTargetForTheNames) {
    AliasingDns dns(kName, "hosted.example.net");
    dns.add("hosted.example.net", RecordType::Soa, encode_soa(60));
    dns.add("example.com", RecordType::Soa, encode_soa(900));
    EXPECT_EQ(run_task(Zones(dns).zone_of(kName)).name, "example.com");
}

TEST_F(ZonesTest, FindsAZoneWhoseSoaCannotBeRead) {
    dns_.add("example.com", RecordType::Soa, "x");
    const auto zone = zone_of(kName);
    EXPECT_EQ(zone.name, "example.com");
    EXPECT_FALSE(zone.minimum);
}

TEST_F(ZonesTest, SaysThatThereIsNoZone) {
    const auto zone = zone_of(kName);
    EXPECT_EQ(zone.name, "");
    EXPECT_EQ(zone.why, "no zone is known for s1._domainkey.example.com");
    EXPECT_FALSE(zone.temporary);
}

TEST_F(ZonesTest, SaysWhatFailedWhereNoZoneIsFound) {
    dns_.fail("_domainkey.example.com", RecordType::Soa);
    dns_.fail("example.com", RecordType::Soa, Status::TimedOut);
    const auto zone = zone_of(kName);
    EXPECT_EQ(zone.name, "");
    EXPECT_EQ(zone.why,
              "the zone of s1._domainkey.example.com is not found: SERVFAIL for SOA of "
              "_domainkey.example.com");
    EXPECT_TRUE(zone.temporary);
}

TEST_F(ZonesTest, LooksAtTheParentOfANameThatFails) {
    dns_.fail("_domainkey.example.com", RecordType::Soa);
    soa("example.com", 900);
    const auto zone = zone_of(kName);
    EXPECT_EQ(zone.name, "example.com");
    EXPECT_EQ(zone.why, "");
    EXPECT_FALSE(zone.temporary);
}

TEST_F(ZonesTest, GivesUpOnANameOfVeryManyLabels) {
    std::string name = "example.com";
    for (int i = 0; i < 100; ++i) {
        name.insert(0, "a.");
    }
    soa("example.com", 900);
    EXPECT_EQ(zone_of(name).name, "");
    EXPECT_EQ(dns_.asked_fresh(), Zones::kMaxLabels);
}

TEST_F(ZonesTest, AsksPastTheCache) {
    soa("example.com", 900);
    ns("example.com", "ns1.example.com");
    dns_.address("ns1.example.com", "192.0.2.1");
    zone_of(kName);
    servers_of("example.com");
    EXPECT_EQ(dns_.asked(), dns_.asked_fresh());
}

TEST_F(ZonesTest, GivesEachServersFirstAddressBeforeSecondOnes) {
    ns("example.com", "NS1.example.com");
    ns("example.com", "ns2.example.net");
    for (const char* address : {"192.0.2.1", "192.0.2.2", "2001:db8::1"}) {
        dns_.address("ns1.example.com", address);
    }
    dns_.address("ns2.example.net", "192.0.2.9");
    dns_.address("ns2.example.net", "192.0.2.10");
    dns_.address("ns2.example.net", "192.0.2.11");
    EXPECT_EQ(texts_of("example.com"),
              (std::vector<std::string>{"ns1.example.com (192.0.2.1)",
                                        "ns2.example.net (192.0.2.9)",
                                        "ns1.example.com (2001:db8::1)",
                                        "ns2.example.net (192.0.2.10)"}));
}

TEST_F(ZonesTest, GivesPrivateAndLoopbackAddressesButNoneThatNoServerHas) {
    ns("example.com", "ns.example.com");
    for (const char* address : {"0.0.0.0", "224.0.0.1", "10.0.0.1", "127.0.0.1", "192.0.2.1"}) {
        dns_.address("ns.example.com", address);
    }
    EXPECT_EQ(
        texts_of("example.com"),
        (std::vector<std::string>{"ns.example.com (10.0.0.1)", "ns.example.com (127.0.0.1)"}));
}

TEST_F(ZonesTest, GivesAnAddressThatTwoServersShareOnce) {
    ns("example.com", "ns1.example.com");
    ns("example.com", "ns2.example.com");
    dns_.address("ns1.example.com", "192.0.2.1");
    dns_.address("ns2.example.com", "192.0.2.1");
    EXPECT_EQ(texts_of("example.com"), (std::vector<std::string>{"ns1.example.com (192.0.2.1)"}));
}

TEST_F(ZonesTest, BoundsServersAndAddresses) {
    for (int i = 0; i < 20; ++i) {
        const auto host = "ns" + std::to_string(i) + ".example.com";
        ns("example.com", host);
        dns_.address(host, "192.0.2." + std::to_string(i + 1));
        dns_.address(host, "2001:db8::" + std::to_string(i + 1));
    }
    const auto texts = texts_of("example.com");
    ASSERT_EQ(texts.size(), Zones::kMaxAddresses);
    EXPECT_EQ(texts[12], "ns12.example.com (192.0.2.13)");
    EXPECT_EQ(texts[13], "ns0.example.com (2001:db8::1)");
    EXPECT_EQ(dns_.asked("ns13.example.com", RecordType::A), 0);
}

TEST_F(ZonesTest, SaysWhyThereAreNoServers) {
    dns_.exists("empty.example");
    const auto none = servers_of("empty.example");
    EXPECT_EQ(none.why, "empty.example names no name servers");
    EXPECT_FALSE(none.temporary);

    dns_.fail("broken.example", RecordType::Ns, Status::TimedOut);
    const auto broken = servers_of("broken.example");
    EXPECT_EQ(
        broken.why,
        "the name servers of broken.example are not found: SERVFAIL for NS of broken.example");
    EXPECT_TRUE(broken.temporary);

    ns("lost.example", "ns.lost.example");
    const auto lost = servers_of("lost.example");
    EXPECT_EQ(lost.why, "no address is known of the name servers of lost.example");
    EXPECT_TRUE(lost.temporary);
}

TEST_F(ZonesTest, LeavesOutServerNamesThatAreNone) {
    dns_.add("example.com", RecordType::Ns, "x");
    ns("example.com", "");
    EXPECT_EQ(servers_of("example.com").why, "example.com names no name servers");
}

TEST_F(ZonesTest, SaysWhatANameIsAnAliasOf) {
    dns_.add(kName, RecordType::Cname, encode_name("Key.Example.NET"));
    const auto alias = run_task(Zones(dns_).alias_of(kName));
    EXPECT_EQ(alias.target, "key.example.net");
    EXPECT_EQ(alias.why, "");

    const auto none = run_task(Zones(dns_).alias_of("example.com"));
    EXPECT_EQ(none.target, "");
    EXPECT_EQ(none.why, "");

    dns_.fail("failing.example", RecordType::Cname);
    EXPECT_EQ(run_task(Zones(dns_).alias_of("failing.example")).why,
              "whether failing.example is an alias is not known: SERVFAIL for CNAME of "
              "failing.example");

    dns_.add("root.example", RecordType::Cname, encode_name(""));
    EXPECT_EQ(run_task(Zones(dns_).alias_of("root.example")).why,
              "root.example is an alias of what is no name");
}

}  // namespace
}  // namespace relay::net
