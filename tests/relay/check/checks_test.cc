#include "relay/check/checks.h"

#include <algorithm>
#include <string>

#include <gtest/gtest.h>

#include "relay/check/helo.h"
#include "relay/check/ptr.h"
#include "relay/check/spf_finding.h"
#include "relay/clock.h"
#include "tests/relay/check/check_stage.h"
#include "tests/support/run_task.h"

namespace relay::check {
namespace {

using net::RecordType;

conf::IpAddress address(const char* text) {
    return conf::IpAddress::parse(text).value();
}

class ChecksTest : public testing::Test {
protected:
    PtrCheck ptr(const char* of = "192.0.2.1") {
        return support::run_task(check_ptr(stage_.dns, address(of), "mail.example.com"));
    }
    Finding helo(const char* at = "192.0.2.1", std::string hostname = "mail.example.com") {
        return support::run_task(check_helo(stage_.dns, address(at), std::move(hostname), ptr(at)));
    }
    Finding spf(std::vector<conf::IpAddress> all = {address("192.0.2.1")}) {
        return support::run_task(
            check_spf(stage_.dns, "example.com", SpfIdentity::MailFrom, all.front(), all));
    }
    std::map<std::string, std::vector<Finding>> run(RoutedAddresses routed,
                                                    std::vector<std::string> domains = {}) {
        return support::run_task(
            run_checks(stage_.dns, stage_.shared(), stage_.keys(), std::move(domains), routed));
    }

    Stage stage_;
};

TEST_F(ChecksTest, PtrPassesWhenItLeadsBack) {
    const auto check = ptr();
    EXPECT_EQ(check.finding.verdict, Verdict::Pass);
    EXPECT_EQ(check.finding.effect, "");
    EXPECT_EQ(check.confirmed, std::vector<std::string>{"mail.example.com"});
}

TEST_F(ChecksTest, PtrBlocksWhenAbsentAndSaysWhatToPublish) {
    stage_.dns.remove("1.2.0.192.in-addr.arpa");
    const auto finding = ptr().finding;
    EXPECT_EQ(finding.verdict, Verdict::Block);
    EXPECT_EQ(finding.reason(), "ptr of 192.0.2.1: no PTR record");
    EXPECT_EQ(finding.publish, "1.2.0.192.in-addr.arpa. IN PTR mail.example.com.");
    EXPECT_FALSE(finding.effect.empty());
}

TEST_F(ChecksTest, PtrBlocksWhenItLeadsElsewhere) {
    stage_.dns.remove("1.2.0.192.in-addr.arpa");
    stage_.dns.ptr("192.0.2.1", "other.example.net");
    EXPECT_EQ(ptr().finding.verdict, Verdict::Block);
    stage_.dns.address("other.example.net", "192.0.2.2");
    const auto finding = ptr().finding;
    EXPECT_EQ(finding.verdict, Verdict::Block);
    EXPECT_EQ(finding.publish,
              "1.2.0.192.in-addr.arpa. IN PTR mail.example.com.\nmail.example.com. IN A 192.0.2.1");
}

TEST_F(ChecksTest, PtrPassesWhenOneOfSeveralNamesLeadsBack) {
    stage_.dns.ptr("192.0.2.1", "a.example.net");
    stage_.dns.fail("a.example.net", RecordType::A);
    EXPECT_EQ(ptr().finding.verdict, Verdict::Pass);
}

TEST_F(ChecksTest, PtrIsUnknownWhenTheDnsFails) {
    stage_.dns.fail("mail.example.com", RecordType::A);
    EXPECT_EQ(ptr().finding.verdict, Verdict::Unknown);
    stage_.dns.fail("1.2.0.192.in-addr.arpa", RecordType::Ptr);
    EXPECT_EQ(ptr().finding.verdict, Verdict::Unknown);
}

TEST_F(ChecksTest, PtrFollowsTenNamesOnly) {
    for (int i = 0; i < 50; ++i) {
        stage_.dns.ptr("192.0.2.9", "n" + std::to_string(i) + ".example.net");
    }
    EXPECT_EQ(ptr("192.0.2.9").finding.verdict, Verdict::Block);
    EXPECT_LE(stage_.dns.asked(), 11);
}

TEST_F(ChecksTest, PtrWorksForIpv6) {
    stage_.dns.ptr("2001:db8::1", "mail.example.com");
    EXPECT_EQ(ptr("2001:db8::1").finding.verdict, Verdict::Block);
    stage_.dns.address("mail.example.com", "2001:db8::1");
    EXPECT_EQ(ptr("2001:db8::1").finding.verdict, Verdict::Pass);
}

TEST_F(ChecksTest, HeloPassesWhenItIsTheAddressesOwnName) {
    EXPECT_EQ(helo().verdict, Verdict::Pass);
    EXPECT_EQ(helo().subject, "mail.example.com at 192.0.2.1");
}

TEST_F(ChecksTest, HeloBlocksWithoutADomain) {
    EXPECT_EQ(helo("192.0.2.1", "mail").verdict, Verdict::Block);
}

TEST_F(ChecksTest, HeloBlocksWhenItDoesNotResolve) {
    const auto finding = helo("192.0.2.1", "gone.example.com");
    EXPECT_EQ(finding.verdict, Verdict::Block);
    EXPECT_EQ(finding.publish, "gone.example.com. IN A 192.0.2.1");
}

TEST_F(ChecksTest, HeloWarnsWhenItResolvesElsewhere) {
    stage_.dns.address("elsewhere.example.com", "198.51.100.1");
    EXPECT_EQ(helo("192.0.2.1", "elsewhere.example.com").verdict, Verdict::Warn);
    // Another family counts as resolving.
    EXPECT_EQ(helo("2001:db8::1", "elsewhere.example.com").verdict, Verdict::Warn);
}

TEST_F(ChecksTest, HeloWarnsWhenThePtrHasAnotherName) {
    stage_.dns.address("smtp.example.com", "192.0.2.1");
    const auto finding = helo("192.0.2.1", "smtp.example.com");
    EXPECT_EQ(finding.verdict, Verdict::Warn);
    EXPECT_NE(finding.seen.find("mail.example.com"), std::string::npos);
}

TEST_F(ChecksTest, HeloIsUnknownWhenTheDnsFails) {
    stage_.dns.fail("down.example.com", RecordType::A);
    EXPECT_EQ(helo("192.0.2.1", "down.example.com").verdict, Verdict::Unknown);
    stage_.dns.exists("half.example.com");
    stage_.dns.fail("half.example.com", RecordType::Aaaa);
    EXPECT_EQ(helo("192.0.2.1", "half.example.com").verdict, Verdict::Unknown);
}

TEST_F(ChecksTest, SpfPasses) {
    const auto finding = spf();
    EXPECT_EQ(finding.verdict, Verdict::Pass);
    EXPECT_EQ(finding.subject, "example.com from 192.0.2.1");
    EXPECT_EQ(finding.publish, "");
}

TEST_F(ChecksTest, SpfFailBlocksAndTheRecordToPublishWouldPass) {
    stage_.dns.remove("example.com");
    stage_.dns.txt("example.com", "v=spf1 mx -all");
    const auto finding = spf({address("192.0.2.1"), address("2001:db8::1")});
    EXPECT_EQ(finding.verdict, Verdict::Block);
    EXPECT_EQ(finding.publish,
              "example.com. IN TXT ( \"v=spf1 ip4:192.0.2.1 ip6:2001:db8::1 mx -all\" )");
}

TEST_F(ChecksTest, SpfPermErrorBlocksAndPublishesNoGuess) {
    stage_.dns.txt("example.com", "v=spf1 ~all");
    const auto finding = spf();
    EXPECT_EQ(finding.verdict, Verdict::Block);
    EXPECT_EQ(finding.seen, "permerror: example.com publishes several SPF records");
    EXPECT_EQ(finding.publish, "");
}

TEST_F(ChecksTest, SpfWarnsWhereReceiversMayDoubt) {
    for (const char* record : {"v=spf1 ~all", "v=spf1 ?all", "v=spf1", "nothing"}) {
        stage_.dns.remove("example.com");
        stage_.dns.txt("example.com", record);
        const auto finding = spf();
        EXPECT_EQ(finding.verdict, Verdict::Warn) << record;
        EXPECT_FALSE(finding.publish.empty());
    }
}

TEST_F(ChecksTest, SpfIsUnknownWhereItCannotBeJudged) {
    stage_.dns.remove("example.com");
    stage_.dns.txt("example.com", "v=spf1 exists:%{i}._spf.example.com -all");
    EXPECT_EQ(spf().verdict, Verdict::Unknown);
    stage_.dns.fail("example.com", RecordType::Txt);
    EXPECT_EQ(spf().verdict, Verdict::Unknown);
}

TEST_F(ChecksTest, MakesSpfRecordsFromTheAddresses) {
    EXPECT_EQ(spf_record_for("", {address("192.0.2.1")}), "v=spf1 ip4:192.0.2.1 ~all");
    EXPECT_EQ(spf_record_for("v=spf1 +ip4:192.0.2.1 a ~all", {address("192.0.2.1")}),
              "v=spf1 +ip4:192.0.2.1 a ~all");
    EXPECT_EQ(spf_record_for("V=spf1 ip4:192.0.2.1/30 -ip4:192.0.2.1", {address("192.0.2.1")}),
              "v=spf1 ip4:192.0.2.1 ip4:192.0.2.1/30 -ip4:192.0.2.1");
}

TEST_F(ChecksTest, RunsEverythingOnce) {
    stage_.add_envelope_domain("bounce.example.com");
    stage_.dns.txt("bounce.example.com", "v=spf1 ip4:192.0.2.1 -all");
    const auto findings = run(from_192_0_2_1());
    ASSERT_EQ(findings.size(), 3U);
    EXPECT_EQ(findings.at("").size(), 3U);                    // ptr, helo, spf of HELO
    EXPECT_EQ(findings.at("example.com").size(), 2U);         // spf, dkim
    EXPECT_EQ(findings.at("bounce.example.com").size(), 1U);  // spf
    for (const auto& [domain, list] : findings) {
        for (const auto& finding : list) {
            EXPECT_EQ(finding.verdict, Verdict::Pass) << finding.reason();
            EXPECT_EQ(finding.ttl, std::chrono::seconds(300));
        }
    }
    EXPECT_EQ(stage_.dns.asked_fresh(), stage_.dns.asked());
}

TEST_F(ChecksTest, LooksAtEverySelectorOfADomain) {
    stage_.add_selector("s2").sign_from = wall_clock() + std::chrono::hours(1);
    const auto findings = run(from_192_0_2_1());
    ASSERT_EQ(findings.at("example.com").size(), 3U);
    EXPECT_EQ(findings.at("example.com").at(1).verdict, Verdict::Pass);
    EXPECT_EQ(findings.at("example.com").at(2).subject, "s2._domainkey.example.com");
    EXPECT_EQ(findings.at("example.com").at(2).verdict, Verdict::Info);
    stage_.config.domains[0].selectors[1].sign_from.reset();
    EXPECT_EQ(run(from_192_0_2_1()).at("example.com").at(2).verdict, Verdict::Info);
    // Without proof it signs, whatever the DNS shows.
    stage_.config.dkim.prove = conf::Prove::Off;
    EXPECT_EQ(run(from_192_0_2_1()).at("example.com").at(2).verdict, Verdict::Block);
}

TEST_F(ChecksTest, RunsForChosenDomains) {
    stage_.add_domain("example.org");
    const auto findings = run(from_192_0_2_1(), {"example.org"});
    EXPECT_EQ(findings.size(), 2U);
    EXPECT_TRUE(findings.contains("example.org"));
}

TEST_F(ChecksTest, TakesTheHostnamesAddressBehindANat) {
    const auto behind_nat = run({conf::IpAddress::parse("10.0.0.7"), std::nullopt});
    EXPECT_EQ(behind_nat.at("").at(0).subject, "192.0.2.1");
    const auto no_way_out = run({});
    EXPECT_EQ(no_way_out.at("").at(0).subject, "192.0.2.1");
    const auto loopback = run({conf::IpAddress::parse("127.0.0.1"), std::nullopt});
    EXPECT_EQ(loopback.at("").at(0).subject, "192.0.2.1");
}

TEST_F(ChecksTest, JudgesEachAddressOfEachFamily) {
    const auto findings = run({address("192.0.2.1"), address("2001:db8::1")});
    ASSERT_EQ(findings.at("").size(), 6U);
    EXPECT_EQ(findings.at("").at(3).subject, "2001:db8::1");
    EXPECT_EQ(findings.at("example.com").at(1).verdict, Verdict::Block);
}

TEST_F(ChecksTest, LeavesOutAFamilyWithoutAWayOut) {
    stage_.dns.address("mail.example.com", "2001:db8::1");
    const auto findings = run(from_192_0_2_1());
    EXPECT_EQ(findings.at("").size(), 3U);
    stage_.config.delivery.addresses = conf::AddressFamilies::Ipv4;
    EXPECT_EQ(run({std::nullopt, address("2001:db8::9")}).at("").at(0).subject, "192.0.2.1");
}

TEST_F(ChecksTest, IsUnknownWithoutAnAddressAndSaysWhy) {
    stage_.dns.remove("mail.example.com");
    const auto findings = run({address("10.0.0.7"), std::nullopt});
    ASSERT_EQ(findings.at("").size(), 3U);
    for (const auto& finding : findings.at("")) {
        EXPECT_EQ(finding.verdict, Verdict::Unknown);
        EXPECT_NE(finding.seen.find("10.0.0.7"), std::string::npos);
        EXPECT_FALSE(finding.effect.empty());
    }
    EXPECT_EQ(findings.at("example.com").at(0).verdict, Verdict::Unknown);
    EXPECT_EQ(findings.at("example.com").at(1).verdict, Verdict::Pass);  // DKIM needs no address
}

TEST_F(ChecksTest, ARealKernelGivesAnAddressOrNone) {
    const auto routed = routed_addresses();
    if (routed.v4) {
        EXPECT_TRUE(routed.v4->is_v4());
    }
    if (routed.v6) {
        EXPECT_TRUE(routed.v6->is_v6());
    }
}

}  // namespace
}  // namespace relay::check
