#include "relay/check/dkim_key.h"

#include <string>

#include <gtest/gtest.h>

#include "tests/relay/check/check_stage.h"
#include "tests/support/run_task.h"

namespace relay::check {
namespace {

using conf::Prove;
using net::RecordType;

constexpr conf::Instant kNow{std::chrono::hours(24 * 365 * 56)};

class DkimKeyTest : public testing::Test {
protected:
    std::vector<Finding> all(Prove prove = Prove::Required,
                             const std::string& author = "example.com") {
        return support::run_task(check_dkim_keys(
            stage_.dns, stage_.keys(), prove, conf::DomainName::parse(author).value(), kNow));
    }
    Finding first(Prove prove = Prove::Required) { return all(prove).at(0); }
    /// "pass info": the verdict on each selector.
    std::string verdicts(Prove prove = Prove::Required) {
        std::string out;
        for (const auto& finding : all(prove)) {
            out += (out.empty() ? "" : " ") + std::string(name(finding.verdict));
        }
        return out;
    }
    void publish(const std::string& text) {
        stage_.dns.remove(key_name_);
        stage_.dns.txt(key_name_, text);
    }

    const std::string key_name_ = "s1._domainkey.example.com";
    Stage stage_;
};

TEST_F(DkimKeyTest, PassesWhenOurKeyIsPublished) {
    for (const auto prove : {Prove::Required, Prove::Warn, Prove::Off}) {
        const auto finding = first(prove);
        EXPECT_EQ(finding.verdict, Verdict::Pass) << finding.seen;
        EXPECT_EQ(finding.check, kDkim);
        EXPECT_EQ(finding.subject, key_name_);
        EXPECT_EQ(finding.publish, "");
        EXPECT_EQ(finding.effect, "");
    }
}

TEST_F(DkimKeyTest, BlocksWhenTheOnlyRecordIsAbsentDifferentOrRevoked) {
    for (const auto prove : {Prove::Required, Prove::Warn, Prove::Off}) {
        stage_.dns.remove(key_name_);
        const auto absent = first(prove);
        EXPECT_EQ(absent.verdict, Verdict::Block);
        EXPECT_EQ(absent.seen, "there is no record");
        EXPECT_EQ(absent.publish.rfind("s1._domainkey.example.com. IN TXT ( \"v=DKIM1; ", 0), 0U);

        publish("v=DKIM1; k=ed25519; p=");
        EXPECT_EQ(first(prove).verdict, Verdict::Block);
        EXPECT_NE(first(prove).seen.find("revokes"), std::string::npos);

        publish(dkim::PrivateKey::create(dkim::KeyType::Ed25519, 0).value().record());
        EXPECT_EQ(first(prove).verdict, Verdict::Block);
        EXPECT_EQ(first(prove).seen, "another key than ours is published");

        publish("v=spf1 -all");
        EXPECT_EQ(first(prove).verdict, Verdict::Block);
    }
}

TEST_F(DkimKeyTest, BlocksWhereSeveralRecordsStand) {
    stage_.dns.txt(key_name_, "stray text");
    EXPECT_EQ(first().verdict, Verdict::Block);
    EXPECT_EQ(first().seen.rfind("2 records", 0), 0U) << first().seen;
}

TEST_F(DkimKeyTest, TellsOfATestFlag) {
    publish(stage_.record("example.com").second + "; t=y");
    EXPECT_EQ(first().verdict, Verdict::Info);
    EXPECT_NE(first().effect.find("t=y"), std::string::npos);
}

TEST_F(DkimKeyTest, IsUnknownWhenTheDnsFails) {
    stage_.dns.fail(key_name_, RecordType::Txt);
    EXPECT_EQ(first().verdict, Verdict::Unknown);
    EXPECT_EQ(first().seen, "SERVFAIL for TXT of " + key_name_);
    EXPECT_EQ(first().publish, "");
}

TEST_F(DkimKeyTest, BlocksWhenAKeyCannotBeUsed) {
    stage_.config.domains[0].selectors[0].key = "/nonexistent/key.pem";
    const auto finding = first();
    EXPECT_EQ(finding.verdict, Verdict::Block);
    EXPECT_NE(finding.seen.find("/nonexistent/key.pem"), std::string::npos);
    EXPECT_EQ(stage_.dns.asked(), 0);
}

TEST_F(DkimKeyTest, BlocksUntilTheFirstSelectorBegins) {
    stage_.config.domains[0].selectors[0].sign_from = kNow + std::chrono::hours(1);
    EXPECT_EQ(first().verdict, Verdict::Block);
    EXPECT_EQ(first().seen, "no selector is in force now");
}

TEST_F(DkimKeyTest, AMissingRecordIsInformationWhileAnotherSelectorSigns) {
    stage_.add_selector("s2");
    EXPECT_EQ(verdicts(Prove::Required), "pass info");
    EXPECT_EQ(verdicts(Prove::Warn), "pass info");
    const auto findings = all();
    EXPECT_EQ(findings[1].publish.rfind("s2._domainkey.example.com. IN TXT ( ", 0), 0U);
    EXPECT_FALSE(findings[1].effect.empty());
    // Without proof the later one signs.
    EXPECT_EQ(verdicts(Prove::Off), "pass block");
    stage_.publish_key("example.com", "s2");
    stage_.withdraw_key("example.com", "s1");
    EXPECT_EQ(verdicts(Prove::Required), "info pass");
    EXPECT_EQ(verdicts(Prove::Off), "info pass");
}

TEST_F(DkimKeyTest, BlocksWhenNoSelectorHasItsRecord) {
    stage_.add_selector("s2");
    stage_.withdraw_key("example.com", "s1");
    for (const auto prove : {Prove::Required, Prove::Warn, Prove::Off}) {
        EXPECT_EQ(all(prove).at(1).verdict, Verdict::Block);
    }
    EXPECT_EQ(verdicts(Prove::Required), "block block");
    EXPECT_EQ(verdicts(Prove::Warn), "info block");  // the second signs all the same
    publish("p=");
    const auto [name, text] = stage_.record("example.com", "s2");
    stage_.dns.txt(name, "p=");
    EXPECT_EQ(verdicts(), "block block");
}

TEST_F(DkimKeyTest, NothingBlocksWhileOneThatCouldSignIsUnknown) {
    stage_.add_selector("s2");
    stage_.dns.fail(key_name_, RecordType::Txt);
    EXPECT_EQ(verdicts(Prove::Required), "unknown info");
    EXPECT_EQ(verdicts(Prove::Warn), "unknown info");
    EXPECT_EQ(verdicts(Prove::Off), "unknown block");  // there the second signs for certain
}

TEST_F(DkimKeyTest, LooksOnlyAtDomainsThatSign) {
    stage_.add_envelope_domain("bounce.example.com");
    EXPECT_TRUE(all(Prove::Required, "bounce.example.com").empty());
    EXPECT_TRUE(all(Prove::Required, "stranger.example").empty());
    stage_.config.domains[1].envelope_only = false;
    stage_.config.domains[1].sign = false;
    EXPECT_TRUE(all(Prove::Required, "bounce.example.com").empty());
    EXPECT_EQ(stage_.dns.asked(), 0);
}

TEST_F(DkimKeyTest, JudgesASubdomainByTheDomainThatSpeaksForIt) {
    EXPECT_TRUE(all(Prove::Required, "a.example.com").empty());
    stage_.config.domains[0].subdomains = true;
    const auto findings = all(Prove::Required, "a.example.com");
    ASSERT_EQ(findings.size(), 1U);
    EXPECT_EQ(findings[0].verdict, Verdict::Pass);
    EXPECT_EQ(findings[0].subject, key_name_);
    publish(stage_.record("example.com").second + "; t=s");
    EXPECT_EQ(all(Prove::Required, "a.example.com").at(0).verdict, Verdict::Block);
}

}  // namespace
}  // namespace relay::check
