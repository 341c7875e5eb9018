#include "dkim/key_ring.h"

#include <gtest/gtest.h>

#include "dkim/errors.h"
#include "dkim/selector.h"
#include "tests/dkim/temporary_folder.h"
#include "tests/dkim/test_keys.h"

namespace {

using conf::Instant;
using dkim::KeyRing;
using Standing = KeyRing::Standing;

Instant at(int hour) {
    return Instant{std::chrono::hours(hour)};
}

conf::DomainName name(const char* text) {
    return conf::DomainName::parse(text).value();
}

class KeyRingTest : public testing::Test {
protected:
    KeyRingTest() {
        rsa_ = folder_.write("rsa.pem", test::rsa_key().pem());
        ed25519_ = folder_.write("ed25519.pem", test::ed25519_key().pem());
        config_.domains.push_back({name("example.com"), false, {}});
    }

    void add(const char* selector,
             const std::string& key,
             std::optional<int> from = {},
             std::optional<int> until = {}) {
        conf::Selector added{selector, key, {}, {}};
        if (from) {
            added.sign_from = at(*from);
        }
        if (until) {
            added.sign_until = at(*until);
        }
        config_.domains.back().selectors.push_back(added);
    }

    // The selectors that sign at `hour`, in their order.
    std::string signing(int hour) const {
        const auto ring = KeyRing::load(config_);
        std::string out;
        for (const dkim::Signer* signer : ring->signers(name("example.com"), at(hour))) {
            out += (out.empty() ? "" : " ") + signer->selector();
        }
        return out;
    }

    std::string states(int hour) const {
        std::string out;
        for (const auto& report : dkim::selector_reports(*KeyRing::load(config_), at(hour))) {
            out += (out.empty() ? "" : ", ") + report.selector + " " + report.text();
        }
        return out;
    }

    test::TemporaryFolder folder_;
    std::string rsa_;
    std::string ed25519_;
    conf::Config config_;
};

TEST_F(KeyRingTest, SignsWithOneSelectorPerKeyTypeRsaFirst) {
    add("e", ed25519_);
    add("r", rsa_);
    EXPECT_EQ(signing(0), "r e");
}

TEST_F(KeyRingTest, TakesTheLatestThatHasBegun) {
    add("b", rsa_, 10);
    add("always", rsa_);
    add("c", rsa_, 20);
    EXPECT_EQ(signing(9), "always");
    EXPECT_EQ(signing(10), "b");
    EXPECT_EQ(signing(19), "b");
    EXPECT_EQ(signing(20), "c");
}

TEST_F(KeyRingTest, TakesTheLastInTheFileOfEquals) {
    add("one", rsa_);
    add("two", rsa_);
    add("three", rsa_, 5);
    add("four", rsa_, 5);
    EXPECT_EQ(signing(0), "two");
    EXPECT_EQ(signing(5), "four");
}

TEST_F(KeyRingTest, GoesOnAtTheEndWithoutASuccessor) {
    add("a", rsa_, 0, 10);
    EXPECT_EQ(signing(9), "a");
    EXPECT_EQ(signing(10), "a");
    EXPECT_EQ(signing(99), "a");
}

TEST_F(KeyRingTest, ChangesAtTheEndToWhatHasNotEnded) {
    add("old", rsa_);
    add("short", rsa_, 5, 10);
    EXPECT_EQ(signing(9), "short");
    EXPECT_EQ(signing(10), "old");
}

TEST_F(KeyRingTest, EachKeyTypeSwitchesByItself) {
    add("r1", rsa_, 0, 10);
    add("e1", ed25519_, 5);
    add("r2", rsa_, 20);
    EXPECT_EQ(signing(4), "r1");
    EXPECT_EQ(signing(15), "r1 e1");
    EXPECT_EQ(signing(20), "r2 e1");
}

TEST_F(KeyRingTest, CannotSignBeforeTheFirstBegins) {
    add("a", rsa_, 10);
    const auto ring = KeyRing::load(config_);
    EXPECT_EQ(ring->standing(name("example.com"), at(9)), Standing::KeyUnusable);
    EXPECT_EQ(ring->standing(name("example.com"), at(10)), Standing::Signs);
    EXPECT_TRUE(ring->problems().empty());
}

TEST_F(KeyRingTest, OneUnusableKeyStopsItsDomainAlone) {
    add("good", rsa_);
    add("bad", folder_.path("missing.pem"));
    config_.domains.push_back({name("other.example"), false, {{"s", ed25519_, {}, {}}}});
    const auto ring = KeyRing::load(config_);
    EXPECT_EQ(ring->standing(name("example.com"), at(0)), Standing::KeyUnusable);
    EXPECT_TRUE(ring->signers(name("example.com"), at(0)).empty());
    EXPECT_EQ(ring->standing(name("other.example"), at(0)), Standing::Signs);
    ASSERT_EQ(ring->problems().size(), 1U);
    EXPECT_EQ(ring->problems()[0].find("example.com selector bad: key file cannot be read: "), 0U);
    ASSERT_EQ(ring->entries(name("example.com")).size(), 2U);
    EXPECT_EQ(ring->entries(name("example.com"))[1].error.code, dkim::errc::KeyUnreadable);
}

TEST_F(KeyRingTest, KnowsDomainsForTheEnvelopeAndStrangers) {
    add("r", rsa_);
    config_.domains.push_back({name("bounces.example"), true, {}});
    const auto ring = KeyRing::load(config_);
    EXPECT_EQ(ring->standing(name("bounces.example"), at(0)), Standing::EnvelopeOnly);
    EXPECT_EQ(ring->standing(name("www.example.com"), at(0)), Standing::Unknown);
    EXPECT_TRUE(ring->entries(name("www.example.com")).empty());
    EXPECT_TRUE(ring->signers(name("bounces.example"), at(0)).empty());
    EXPECT_EQ(ring->domains().size(), 2U);
}

TEST_F(KeyRingTest, ObeysTheConfiguredSafetyAndCanonicalization) {
    add("open", folder_.write("open.pem", test::rsa_key().pem(), 0644));
    EXPECT_EQ(signing(0), "");
    config_.dkim.allow_world_readable_keys = true;
    config_.dkim.header_canonicalization = conf::Canonicalization::Simple;
    EXPECT_EQ(signing(0), "open");
    const auto ring = KeyRing::load(config_);
    const auto header = dkim::Header::parse("From: a@example.com\r\n");
    const auto field = ring->signers(name("example.com"), at(0))[0]->sign(*header, {}, at(0));
    ASSERT_TRUE(field);
    EXPECT_NE(field->find("c=simple/relaxed;"), std::string::npos);
}

TEST_F(KeyRingTest, ReportsWhatEachSelectorDoes) {
    add("old", rsa_);
    add("short", rsa_, 1, 4);
    add("now", rsa_, 2);
    add("next", rsa_, 24 * 365);
    add("e", ed25519_, 0, 3);
    EXPECT_EQ(
        states(5),
        "old replaced by a later selector, short ended at 1970-01-01T04:00:00Z, now signing, "
        "next waiting until 1971-01-01T00:00:00Z, "
        "e signing, although its sign_until passed at 1970-01-01T03:00:00Z: no other selector can");
    add("bad", folder_.path("missing.pem"));
    const auto reports = dkim::selector_reports(*KeyRing::load(config_), at(5));
    ASSERT_EQ(reports.size(), 6U);
    EXPECT_EQ(reports[2].text(), "stopped: another key of the domain cannot be used");
    EXPECT_EQ(reports[2].record_name, "now._domainkey.example.com");
    EXPECT_EQ(reports[2].bits, 2048);
    EXPECT_EQ(reports[5].state, dkim::SelectorState::Unusable);
    EXPECT_EQ(reports[5].text().find("unusable: key file cannot be read: "), 0U);
    EXPECT_FALSE(reports[5].type);
}

}  // namespace
