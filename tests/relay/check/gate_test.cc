#include "relay/check/gate.h"

#include <map>
#include <string>

#include <gtest/gtest.h>

namespace relay::check {
namespace {

using Decision = Gate::Decision;
using std::chrono::hours;

const conf::Instant kNow{hours(500000)};

Finding finding(std::string_view check, std::string subject, Verdict verdict) {
    Finding made;
    made.check = check;
    made.subject = std::move(subject);
    made.verdict = verdict;
    made.seen = "seen";
    return made;
}

class GateTest : public testing::Test {
protected:
    GateTest() {
        gate_.on_change([this] { ++changes_; });
        gate_.on_wanted([this] { ++wanted_; });
    }
    void sources(Verdict ptr, Verdict helo = Verdict::Pass, Verdict spf = Verdict::Pass) {
        gate_.publish("",
                      {finding(kPtr, "192.0.2.1", ptr),
                       finding(kHelo, "mail.example.com at 192.0.2.1", helo),
                       finding(kSpf, "mail.example.com (HELO) from 192.0.2.1", spf)},
                      kNow);
    }
    void domain(const std::string& name, Verdict spf, Verdict dkim, conf::Instant now = kNow) {
        gate_.publish(name, {finding(kSpf, name, spf), finding(kDkim, name, dkim)}, now);
    }
    Decision decide(const std::string& envelope = "example.com",
                    const std::string& author = "example.com") {
        return gate_.judge(envelope, author).decision;
    }

    Gate gate_{conf::CheckMode::Enforce};
    int changes_ = 0;
    int wanted_ = 0;
};

TEST_F(GateTest, WaitsForTheFirstVerdictAndSaysWhatItWants) {
    const auto answer = gate_.judge("bounce.example.com", "example.com");
    EXPECT_EQ(answer.decision, Decision::Wait);
    EXPECT_FALSE(answer.reason.empty());
    EXPECT_EQ(wanted_, 1);
    EXPECT_EQ(decide("bounce.example.com"), Decision::Wait);
    EXPECT_EQ(wanted_, 1);  // asked for once
    EXPECT_EQ(gate_.take_wanted(),
              (std::vector<std::string>{"", "bounce.example.com", "example.com"}));
    EXPECT_TRUE(gate_.take_wanted().empty());
}

TEST_F(GateTest, OpensWhenNothingBlocks) {
    sources(Verdict::Pass);
    EXPECT_EQ(decide(), Decision::Wait);
    domain("example.com", Verdict::Warn, Verdict::Pass);
    EXPECT_EQ(decide(), Decision::Open);
}

TEST_F(GateTest, UnknownDoesNotBlock) {
    sources(Verdict::Unknown, Verdict::Unknown);
    domain("example.com", Verdict::Unknown, Verdict::Unknown);
    EXPECT_EQ(decide(), Decision::Open);
}

TEST_F(GateTest, HoldsWithTheReason) {
    sources(Verdict::Block);
    domain("example.com", Verdict::Pass, Verdict::Pass);
    const auto answer = gate_.judge("example.com", "example.com");
    EXPECT_EQ(answer.decision, Decision::Hold);
    EXPECT_EQ(answer.reason, "ptr of 192.0.2.1: seen");
}

TEST_F(GateTest, JudgesSpfByTheEnvelopeAndDkimByTheAuthor) {
    sources(Verdict::Pass);
    domain("envelope.example", Verdict::Pass, Verdict::Block);
    domain("author.example", Verdict::Block, Verdict::Pass);
    EXPECT_EQ(decide("envelope.example", "author.example"), Decision::Open);
    EXPECT_EQ(decide("author.example", "author.example"), Decision::Hold);
    EXPECT_EQ(decide("envelope.example", "envelope.example"), Decision::Hold);
    EXPECT_EQ(decide("envelope.example", ""), Decision::Open);
}

TEST_F(GateTest, JudgesTheNullSenderByHelo) {
    sources(Verdict::Pass, Verdict::Pass, Verdict::Block);
    domain("example.com", Verdict::Pass, Verdict::Pass);
    EXPECT_EQ(decide("example.com"), Decision::Open);
    EXPECT_EQ(decide(""), Decision::Hold);
}

TEST_F(GateTest, PrefersHoldToWait) {
    sources(Verdict::Block);
    EXPECT_EQ(decide("never.seen.example"), Decision::Hold);
    EXPECT_EQ(gate_.take_wanted().size(), 2U);  // wanted all the same
}

TEST_F(GateTest, IsOpenUnlessItEnforces) {
    sources(Verdict::Block);
    for (const auto mode : {conf::CheckMode::Warn, conf::CheckMode::Off}) {
        gate_.set_mode(mode);
        EXPECT_EQ(decide(), Decision::Open);
        EXPECT_EQ(decide("never.seen.example"), Decision::Open);
    }
    gate_.set_mode(conf::CheckMode::Enforce);
    EXPECT_EQ(decide(), Decision::Hold);
}

TEST_F(GateTest, GrowsItsGenerationOnlyWhenADecisionMayChange) {
    const auto start = gate_.generation();
    sources(Verdict::Pass);
    EXPECT_EQ(gate_.generation(), start + 1);  // first verdict
    sources(Verdict::Warn);
    sources(Verdict::Unknown);
    sources(Verdict::Pass);
    EXPECT_EQ(gate_.generation(), start + 1);
    sources(Verdict::Block);
    EXPECT_EQ(gate_.generation(), start + 2);
    sources(Verdict::Block);
    EXPECT_EQ(gate_.generation(), start + 2);
    sources(Verdict::Warn);
    EXPECT_EQ(gate_.generation(), start + 3);
    EXPECT_EQ(changes_, 3);
    gate_.set_mode(conf::CheckMode::Enforce);
    EXPECT_EQ(changes_, 3);
    gate_.set_mode(conf::CheckMode::Warn);
    EXPECT_EQ(changes_, 4);
}

TEST_F(GateTest, LetsGoWhenWhatBlockedIsLookedAtNoMore) {
    sources(Verdict::Block);
    const auto blocked = gate_.generation();
    gate_.publish("", {finding(kPtr, "198.51.100.1", Verdict::Pass)}, kNow);
    EXPECT_EQ(gate_.generation(), blocked + 1);
    domain("example.com", Verdict::Pass, Verdict::Pass);
    EXPECT_EQ(decide(), Decision::Open);
}

TEST_F(GateTest, UnknownDoesNotReplaceADefiniteVerdictForADay) {
    sources(Verdict::Pass);
    domain("example.com", Verdict::Block, Verdict::Pass);
    domain("example.com", Verdict::Unknown, Verdict::Pass, kNow + hours(23));
    EXPECT_EQ(decide(), Decision::Hold);
    domain("example.com", Verdict::Unknown, Verdict::Pass, kNow + hours(24));
    EXPECT_EQ(decide(), Decision::Open);
}

TEST_F(GateTest, AgreementRenewsTheDay) {
    sources(Verdict::Pass);
    domain("example.com", Verdict::Block, Verdict::Pass);
    domain("example.com", Verdict::Block, Verdict::Pass, kNow + hours(20));
    domain("example.com", Verdict::Unknown, Verdict::Pass, kNow + hours(40));
    EXPECT_EQ(decide(), Decision::Hold);
}

TEST_F(GateTest, ReportsWhatChanged) {
    auto changes = gate_.publish("example.com", {finding(kSpf, "a", Verdict::Pass)}, kNow);
    ASSERT_EQ(changes.size(), 1U);
    EXPECT_TRUE(changes[0].first);
    changes = gate_.publish("example.com", {finding(kSpf, "a", Verdict::Pass)}, kNow);
    EXPECT_TRUE(changes.empty());
    changes = gate_.publish("example.com", {finding(kSpf, "a", Verdict::Warn)}, kNow);
    ASSERT_EQ(changes.size(), 1U);
    EXPECT_FALSE(changes[0].first);
    changes = gate_.publish("example.com", {finding(kSpf, "a", Verdict::Unknown)}, kNow);
    EXPECT_TRUE(changes.empty());
    EXPECT_EQ(gate_.findings().at("example.com").at(0).verdict, Verdict::Warn);
}

TEST_F(GateTest, ForgetsADomainAndWantsItAgain) {
    sources(Verdict::Pass);
    domain("example.com", Verdict::Block, Verdict::Pass);
    const auto before = gate_.generation();
    gate_.forget("example.com");
    gate_.forget("never.example");
    EXPECT_EQ(gate_.generation(), before + 1);
    EXPECT_EQ(decide(), Decision::Wait);
    EXPECT_EQ(gate_.take_wanted(), std::vector<std::string>{"example.com"});
}

TEST_F(GateTest, BoundsWhatItWants) {
    for (int i = 0; i < 20000; ++i) {
        decide("d" + std::to_string(i) + ".example");
    }
    EXPECT_EQ(gate_.take_wanted().size(), 10000U);
}

TEST_F(GateTest, HoldsAnAuthorsMailWhileNobodyMaySignIt) {
    gate_.set_unproven({{"example.com", {"no selector is proven", false}}});
    const auto answer = gate_.judge("bounce.example.net", "example.com");
    EXPECT_EQ(answer.decision, Decision::Hold);
    EXPECT_EQ(answer.reason, "no selector is proven");
    EXPECT_TRUE(gate_.take_wanted().empty());
    // The envelope does not matter, nor do other names.
    for (const char* author : {"example.net", "www.example.com", "badexample.com", "com", ""}) {
        EXPECT_EQ(gate_.judge("example.com", author).decision, Decision::Wait) << author;
    }
    gate_.set_unproven({});
    EXPECT_NE(decide(), Decision::Hold);
}

TEST_F(GateTest, HoldsWhatIsUnprovenInAnyMode) {
    gate_.set_unproven({{"example.com", {"why", false}}});
    for (const auto mode :
         {conf::CheckMode::Off, conf::CheckMode::Warn, conf::CheckMode::Enforce}) {
        gate_.set_mode(mode);
        EXPECT_EQ(decide(), Decision::Hold);
    }
    gate_.set_mode(conf::CheckMode::Off);
    gate_.set_unproven({});
    EXPECT_EQ(decide(), Decision::Open);
}

TEST_F(GateTest, HoldsSubdomainsWithTheirParentWhereItSpeaksForThem) {
    gate_.set_mode(conf::CheckMode::Off);
    gate_.set_unproven({{"example.com", {"parent", true}}, {"own.example.com", {"own", false}}});
    EXPECT_EQ(gate_.judge("", "example.com").reason, "parent");
    EXPECT_EQ(gate_.judge("", "a.example.com").reason, "parent");
    EXPECT_EQ(gate_.judge("", "a.b.example.com").reason, "parent");
    EXPECT_EQ(gate_.judge("", "own.example.com").reason, "own");
    EXPECT_EQ(gate_.judge("", "a.own.example.com").reason, "parent");
    for (const char* author : {"com", "badexample.com", "example.com.net", ".", "a."}) {
        EXPECT_EQ(gate_.judge("", author).decision, Decision::Open) << author;
    }
}

TEST_F(GateTest, TellsOfTheUnprovenOnlyWhenTheyChange) {
    const auto start = gate_.generation();
    gate_.set_unproven({});
    EXPECT_EQ(gate_.generation(), start);
    const std::map<std::string, Gate::Unproven> one{{"example.com", {"why", false}}};
    gate_.set_unproven(one);
    EXPECT_EQ(gate_.generation(), start + 1);
    EXPECT_EQ(gate_.unproven(), one);
    gate_.set_unproven(one);
    EXPECT_EQ(gate_.generation(), start + 1);
    gate_.set_unproven({{"example.com", {"another reason", false}}});
    EXPECT_EQ(gate_.generation(), start + 2);
    gate_.set_unproven({{"example.com", {"another reason", true}}});
    EXPECT_EQ(gate_.generation(), start + 3);
    gate_.set_unproven({});
    EXPECT_EQ(gate_.generation(), start + 4);
    EXPECT_EQ(changes_, 4);
}

TEST(Finding, SaysItsReasonAndWeighsVerdicts) {
    EXPECT_EQ(finding(kPtr, "192.0.2.1", Verdict::Block).reason(), "ptr of 192.0.2.1: seen");
    EXPECT_EQ(name(Verdict::Unknown), "unknown");
    EXPECT_EQ(graver(Verdict::Warn, Verdict::Unknown), Verdict::Unknown);
    EXPECT_EQ(graver(Verdict::Block, Verdict::Unknown), Verdict::Block);
    EXPECT_EQ(graver(Verdict::Pass, Verdict::Info), Verdict::Info);
}

}  // namespace
}  // namespace relay::check
