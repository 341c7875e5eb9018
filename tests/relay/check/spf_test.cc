#include "relay/check/spf.h"

#include <string>

#include <gtest/gtest.h>

#include "tests/support/fake_dns.h"
#include "tests/support/run_task.h"

namespace relay::check {
namespace {

using net::RecordType;

class SpfTest : public testing::Test {
protected:
    SpfVerdict evaluate(const std::string& address, const std::string& domain = "example.com") {
        return support::run_task(
            evaluate_spf(dns_, conf::IpAddress::parse(address).value(), domain));
    }
    support::FakeDns dns_;
};

TEST_F(SpfTest, TellsWhichTermDecides) {
    dns_.txt("example.com", "v=spf1 include:_spf.example.net ip4:192.0.2.0/24 -all");
    dns_.txt("_spf.example.net", "v=spf1 ip4:198.51.100.0/24 ~all");
    const auto pass = evaluate("192.0.2.1");
    EXPECT_EQ(pass.result, SpfResult::Pass);
    EXPECT_EQ(pass.explanation, "\"ip4:192.0.2.0/24\" of example.com");
    EXPECT_EQ(pass.lookups, 1);
    EXPECT_EQ(pass.record, "v=spf1 include:_spf.example.net ip4:192.0.2.0/24 -all");
    EXPECT_EQ(evaluate("198.51.100.7").explanation, "\"include:_spf.example.net\" of example.com");
    EXPECT_EQ(evaluate("203.0.113.1").result, SpfResult::Fail);
}

TEST_F(SpfTest, SaysNoneWithoutARecord) {
    EXPECT_EQ(evaluate("192.0.2.1").result, SpfResult::None);
    dns_.txt("example.com", "google-site-verification=x");
    EXPECT_EQ(evaluate("192.0.2.1").result, SpfResult::None);
    EXPECT_EQ(evaluate("192.0.2.1", "localhost").result, SpfResult::None);
    EXPECT_EQ(evaluate("192.0.2.1", "[192.0.2.1]").result, SpfResult::None);
    EXPECT_EQ(evaluate("192.0.2.1", "").result, SpfResult::None);
}

TEST_F(SpfTest, SaysPermErrorForTwoRecords) {
    dns_.txt("example.com", "v=spf1 +all");
    dns_.txt("example.com", "v=spf1 -all");
    const auto verdict = evaluate("192.0.2.1");
    EXPECT_EQ(verdict.result, SpfResult::PermError);
    EXPECT_EQ(verdict.record, "");
}

TEST_F(SpfTest, JudgesAnIpv4AddressInIpv6FormAsIpv4) {
    dns_.txt("example.com", "v=spf1 ip4:192.0.2.1 -all");
    EXPECT_EQ(evaluate("::ffff:192.0.2.1").result, SpfResult::Pass);
}

TEST_F(SpfTest, AllowsTenTermsThatAskAndRefusesTheEleventh) {
    for (int terms = 10; terms <= 11; ++terms) {
        std::string record = "v=spf1";
        for (int i = 0; i < terms; ++i) {
            record += " a:h" + std::to_string(i) + ".example.com";
            dns_.address("h" + std::to_string(i) + ".example.com", "198.51.100.1");
        }
        dns_.remove("example.com");
        dns_.txt("example.com", record + " -all");
        EXPECT_EQ(evaluate("192.0.2.1").result,
                  terms == 10 ? SpfResult::Fail : SpfResult::PermError);
    }
}

TEST_F(SpfTest, AllowsTwoVoidLookupsAndRefusesTheThird) {
    dns_.txt("example.com", "v=spf1 a:no1.example.com mx:no2.example.com ip4:192.0.2.1 -all");
    const auto two = evaluate("192.0.2.1");
    EXPECT_EQ(two.result, SpfResult::Pass);
    EXPECT_EQ(two.void_lookups, 2);
    dns_.remove("example.com");
    dns_.txt("example.com",
             "v=spf1 a:no1.example.com a:no2.example.com a:no3.example.com ip4:192.0.2.1 -all");
    EXPECT_EQ(evaluate("192.0.2.1").result, SpfResult::PermError);
}

TEST_F(SpfTest, MailHostsWithoutAnAddressOfTheFamilyAreNoVoidLookups) {
    dns_.txt("example.com", "v=spf1 mx ip6:2001:db8::1 -all");
    for (const char* host : {"mx1.example.com", "mx2.example.com", "mx3.example.com"}) {
        dns_.mx("example.com", 10, host);
        dns_.address(host, "198.51.100.1");
    }
    EXPECT_EQ(evaluate("2001:db8::1").result, SpfResult::Pass);
}

TEST_F(SpfTest, AllowsTenMailHostsAndRefusesTheEleventh) {
    dns_.txt("example.com", "v=spf1 mx -all");
    for (int i = 0; i < 10; ++i) {
        const auto host = "mx" + std::to_string(i) + ".example.com";
        dns_.mx("example.com", 10, host);
        dns_.address(host, "192.0.2." + std::to_string(i));
    }
    EXPECT_EQ(evaluate("192.0.2.9").result, SpfResult::Pass);
    dns_.mx("example.com", 10, "mx10.example.com");
    EXPECT_EQ(evaluate("192.0.2.9").result, SpfResult::PermError);
}

TEST_F(SpfTest, EndsALoopOfIncludes) {
    dns_.txt("example.com", "v=spf1 include:example.org -all");
    dns_.txt("example.org", "v=spf1 redirect=example.com");
    EXPECT_EQ(evaluate("192.0.2.1").result, SpfResult::PermError);
    EXPECT_LT(dns_.asked(), 15);
}

TEST_F(SpfTest, TakesAnIncludeWithoutARecordForAPermError) {
    dns_.txt("example.com", "v=spf1 include:gone.example.org ip4:192.0.2.1 -all");
    EXPECT_EQ(evaluate("192.0.2.1").result, SpfResult::PermError);
    dns_.remove("example.com");
    dns_.txt("example.com", "v=spf1 redirect=gone.example.org");
    EXPECT_EQ(evaluate("192.0.2.1").result, SpfResult::PermError);
}

TEST_F(SpfTest, SaysTempErrorWhereTheDnsFails) {
    dns_.fail("example.com", RecordType::Txt);
    EXPECT_EQ(evaluate("192.0.2.1").result, SpfResult::TempError);
    dns_.remove("example.com");
    dns_.txt("example.com", "v=spf1 a:h.example.com -all");
    dns_.fail("h.example.com", RecordType::A, net::Answer::Status::Bogus);
    EXPECT_EQ(evaluate("192.0.2.1").result, SpfResult::TempError);
}

TEST_F(SpfTest, NeverPassesOrFailsByATermThatItCannotJudge) {
    for (const char* term :
         {"ptr", "exists:x.example.com", "include:%{d}.example.org", "a:%{i}.example.com"}) {
        dns_.remove("example.com");
        dns_.txt("example.com", std::string("v=spf1 ") + term + " -all");
        const auto verdict = evaluate("192.0.2.1");
        EXPECT_EQ(verdict.result, SpfResult::NotChecked) << term;
        EXPECT_NE(verdict.explanation.find(term), std::string::npos);
    }
    dns_.remove("example.com");
    dns_.txt("example.com", "v=spf1 ip4:192.0.2.1 exists:%{i}.example.com exp=%{d}.x.example -all");
    EXPECT_EQ(evaluate("192.0.2.1").result, SpfResult::Pass);
    dns_.remove("example.com");
    dns_.txt("example.com", "v=spf1 redirect=%{d}.example.org");
    EXPECT_EQ(evaluate("192.0.2.1").result, SpfResult::NotChecked);
}

TEST_F(SpfTest, NamesItsResultsAsTheStandardDoes) {
    EXPECT_EQ(name(SpfResult::PermError), "permerror");
    EXPECT_EQ(name(SpfResult::NotChecked), "could not check");
}

}  // namespace
}  // namespace relay::check
