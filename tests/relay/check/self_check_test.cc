#include "relay/check/self_check.h"

#include <functional>
#include <set>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "tests/relay/check/check_stage.h"

namespace relay::check {
namespace {

using Decision = Gate::Decision;

class SelfCheckTest : public testing::Test {
protected:
    SelfCheckTest() {
        check_.on_change = [this](const std::string& domain, const Finding& finding, bool first) {
            log_.push_back((first ? "+" : "") + domain + " " + finding.check + " " +
                           std::string(name(finding.verdict)));
        };
        gate_.on_change([this] { ++changes_; });
    }
    ~SelfCheckTest() override {
        check_.stop();
        context_.poll();
    }

    void start() { check_.start(stage_.shared(), stage_.keys()); }
    /// Turns the loop until `reached` holds.
    void run_until(const std::function<bool()>& reached) {
        context_.restart();
        while (!reached() && context_.run_one_for(std::chrono::seconds(20)) > 0) {
        }
        ASSERT_TRUE(reached());
    }
    /// All that can be done without waiting for time to pass.
    void settle() {
        context_.restart();
        context_.poll();
    }
    Decision decide(const std::string& envelope = "example.com") {
        return gate_.judge(envelope, "example.com").decision;
    }

    net::asio::io_context context_{1};
    Stage stage_;
    Gate gate_{conf::CheckMode::Off};
    SelfCheck check_{stage_.dns, gate_, context_, from_192_0_2_1};
    std::vector<std::string> log_;
    int changes_ = 0;
};

TEST_F(SelfCheckTest, JudgesEverythingAtStart) {
    stage_.add_envelope_domain("bounce.example.com");
    start();
    EXPECT_EQ(gate_.mode(), conf::CheckMode::Enforce);
    EXPECT_EQ(decide(), Decision::Wait);
    settle();
    EXPECT_EQ(decide(), Decision::Open);
    EXPECT_EQ(decide("bounce.example.com"), Decision::Open);
    EXPECT_EQ(decide(""), Decision::Open);
    EXPECT_EQ(std::set<std::string>(log_.begin(), log_.end()),
              (std::set<std::string>{"+ ptr pass",
                                     "+ helo pass",
                                     "+ spf pass",
                                     "+example.com spf pass",
                                     "+example.com dkim pass",
                                     "+bounce.example.com spf warn"}));
}

TEST_F(SelfCheckTest, HoldsAndReleasesByItself) {
    stage_.dns.remove("1.2.0.192.in-addr.arpa");
    stage_.dns.negative_ttl = std::chrono::seconds(1);
    start();
    settle();
    EXPECT_EQ(decide(), Decision::Hold);
    const auto changes = changes_;
    stage_.dns.ptr("192.0.2.1", "mail.example.com");
    // Looked at again after the negative TTL of one second.
    run_until([this] { return decide() == Decision::Open; });
    EXPECT_EQ(changes_, changes + 1);
    EXPECT_EQ(log_.back(), " ptr pass");
}

TEST_F(SelfCheckTest, LooksAgainWhenTold) {
    stage_.dns.remove("s1._domainkey.example.com");
    start();
    settle();
    EXPECT_EQ(decide(), Decision::Hold);
    stage_.publish_key("example.com");
    settle();
    EXPECT_EQ(decide(), Decision::Hold);  // its time has not come
    check_.check_now();
    settle();
    EXPECT_EQ(decide(), Decision::Open);
}

TEST_F(SelfCheckTest, LooksAtWhatTheGateWants) {
    start();
    settle();
    stage_.dns.txt("removed.example", "v=spf1 -all");
    EXPECT_EQ(decide("removed.example"), Decision::Wait);
    settle();
    EXPECT_EQ(decide("removed.example"), Decision::Hold);
}

TEST_F(SelfCheckTest, LetsMailGoWhenTheFirstVerdictTakesTooLong) {
    stage_.config.dns.timeout = std::chrono::milliseconds(20);
    stage_.dns.hold();
    start();
    settle();
    EXPECT_EQ(decide(), Decision::Wait);
    run_until([this] { return decide() == Decision::Open; });
    stage_.dns.remove("1.2.0.192.in-addr.arpa");
    stage_.dns.release();
    run_until([this] { return decide() == Decision::Hold; });
}

TEST_F(SelfCheckTest, KeepsAVerdictWhileTheDnsFails) {
    stage_.dns.remove("example.com");
    stage_.dns.txt("example.com", "v=spf1 -all");
    start();
    settle();
    EXPECT_EQ(decide(), Decision::Hold);
    stage_.dns.fail("example.com", net::RecordType::Txt);
    check_.check_now();
    settle();
    EXPECT_EQ(decide(), Decision::Hold);
}

RoutedAddresses behind_nat() {
    return {conf::IpAddress::parse("10.0.0.7"), std::nullopt};
}

TEST_F(SelfCheckTest, KeepsTheSourcesWhileTheirNameCannotBeLookedUp) {
    Gate gate(conf::CheckMode::Enforce);
    SelfCheck check(stage_.dns, gate, context_, behind_nat);
    stage_.dns.remove("1.2.0.192.in-addr.arpa");
    check.start(stage_.shared(), stage_.keys());
    settle();
    EXPECT_EQ(gate.judge("example.com", "example.com").decision, Decision::Hold);
    stage_.dns.fail("mail.example.com", net::RecordType::A);
    check.check_now();
    settle();
    EXPECT_EQ(gate.judge("example.com", "example.com").decision, Decision::Hold);
    check.stop();
    settle();
}

TEST_F(SelfCheckTest, FollowsAReload) {
    start();
    settle();
    stage_.config.domains.clear();
    stage_.add_domain("example.org");
    stage_.dns.txt("example.org", "v=spf1 -all");
    check_.reconfigure(stage_.shared(), stage_.keys());
    settle();
    const auto findings = gate_.findings();
    EXPECT_FALSE(findings.contains("example.com"));
    EXPECT_TRUE(findings.contains("example.org"));
    EXPECT_EQ(gate_.judge("example.org", "example.org").decision, Decision::Hold);

    stage_.config.self_check.mode = conf::CheckMode::Warn;
    check_.reconfigure(stage_.shared(), stage_.keys());
    EXPECT_EQ(gate_.judge("example.org", "example.org").decision, Decision::Open);
}

TEST_F(SelfCheckTest, DoesNotLookWhenItIsOff) {
    stage_.config.self_check.mode = conf::CheckMode::Off;
    start();
    settle();
    EXPECT_EQ(stage_.dns.asked(), 0);
    EXPECT_EQ(decide(), Decision::Open);
    stage_.config.self_check.mode = conf::CheckMode::Enforce;
    check_.reconfigure(stage_.shared(), stage_.keys());
    settle();
    EXPECT_GT(stage_.dns.asked(), 0);
    stage_.config.self_check.mode = conf::CheckMode::Off;
    check_.reconfigure(stage_.shared(), stage_.keys());
    settle();
    EXPECT_TRUE(gate_.findings().empty());
}

TEST_F(SelfCheckTest, LooksAtManyDomainsAFewAtATime) {
    for (int i = 0; i < 200; ++i) {
        stage_.add_envelope_domain("d" + std::to_string(i) + ".example");
    }
    start();
    settle();
    EXPECT_EQ(gate_.findings().size(), 202U);
}

TEST_F(SelfCheckTest, SaysNothingAfterStop) {
    stage_.dns.hold();
    start();
    settle();
    check_.stop();
    settle();
    stage_.dns.release();
    settle();
    EXPECT_TRUE(log_.empty());
    EXPECT_TRUE(gate_.findings().empty());
}

}  // namespace
}  // namespace relay::check
