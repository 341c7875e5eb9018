#include "dkim/key_ring.h"

#include <gtest/gtest.h>

#include "dkim/errors.h"
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
        domain("example.com");
    }

    conf::Domain& domain(const char* text) {
        conf::Domain& added = config_.domains.emplace_back();
        added.name = name(text);
        return added;
    }
    /// To the last domain.
    void add(const char* selector, const std::string& key, std::optional<int> from = {}) {
        conf::Selector added{selector, key, {}, {}};
        if (from) {
            added.sign_from = at(*from);
        }
        config_.domains.back().selectors.push_back(added);
    }
    /// A signature by the first selector.
    std::string signature(const char* author = "example.com") const {
        const auto ring = KeyRing::load(config_);
        const auto header = dkim::Header::parse("From: a@example.com\r\nX-Other: x\r\n");
        return ring->keys_of(name("example.com"))
            ->entries.at(0)
            .signer->sign(*header, {}, at(0), name(author))
            .value();
    }
    /// The name of the [[domain]] that speaks for `author`, or nothing.
    std::string speaks_for(const char* author) const {
        const auto ring = KeyRing::load(config_);
        const auto* const keys = ring->keys_of(name(author));
        return keys == nullptr ? "" : keys->name.text();
    }

    test::TemporaryFolder folder_;
    std::string rsa_;
    std::string ed25519_;
    conf::Config config_;
};

TEST_F(KeyRingTest, KeepsSelectorsInTheOrderOfTheFile) {
    add("z", rsa_);
    add("a", ed25519_);
    add("m", rsa_);
    const auto ring = KeyRing::load(config_);
    const auto* const keys = ring->keys_of(name("example.com"));
    ASSERT_NE(keys, nullptr);
    ASSERT_EQ(keys->entries.size(), 3U);
    EXPECT_EQ(keys->entries[0].selector.name, "z");
    EXPECT_EQ(keys->entries[1].selector.name, "a");
    EXPECT_EQ(keys->find("m"), &keys->entries[2]);
    EXPECT_EQ(keys->find("M"), nullptr);
    EXPECT_EQ(keys->find(""), nullptr);
    EXPECT_EQ(keys->entries[1].signer->record_name(), "a._domainkey.example.com");
}

TEST_F(KeyRingTest, TellsKeysApart) {
    add("r", rsa_);
    add("same", rsa_);
    add("other", folder_.write("other.pem", test::other_rsa_key().pem()));
    add("e", ed25519_);
    add("none", folder_.path("missing.pem"));
    const auto ring = KeyRing::load(config_);
    const auto& entries = ring->keys_of(name("example.com"))->entries;
    EXPECT_EQ(entries[0].key_id.substr(0, 4), "rsa:");
    EXPECT_EQ(entries[0].key_id.size(), 20U);
    EXPECT_EQ(entries[0].key_id, entries[1].key_id);
    EXPECT_NE(entries[0].key_id, entries[2].key_id);
    EXPECT_EQ(entries[3].key_id.substr(0, 8), "ed25519:");
    EXPECT_EQ(entries[4].key_id, "");
    EXPECT_EQ(KeyRing::load(config_)->keys_of(name("example.com"))->entries[0].key_id,
              entries[0].key_id);
}

TEST_F(KeyRingTest, KnowsWhenASelectorBeginsAndEnds) {
    KeyRing::Entry entry;
    EXPECT_TRUE(entry.has_begun(at(-1000)));
    EXPECT_FALSE(entry.has_ended(at(1000)));
    entry.selector.sign_from = at(5);
    entry.selector.sign_until = at(7);
    EXPECT_FALSE(entry.has_begun(at(4)));
    EXPECT_TRUE(entry.has_begun(at(5)));
    EXPECT_FALSE(entry.has_ended(at(6)));
    EXPECT_TRUE(entry.has_ended(at(7)));
}

TEST_F(KeyRingTest, CannotSignBeforeTheFirstBegins) {
    add("b", rsa_, 20);
    add("a", rsa_, 10);
    const auto ring = KeyRing::load(config_);
    EXPECT_EQ(ring->standing(name("example.com"), at(9)), Standing::KeyUnusable);
    EXPECT_EQ(ring->standing(name("example.com"), at(10)), Standing::Signs);
    EXPECT_TRUE(ring->problems().empty());
}

TEST_F(KeyRingTest, CannotSignWithoutASelector) {
    const auto ring = KeyRing::load(config_);
    EXPECT_EQ(ring->standing(name("example.com"), at(0)), Standing::KeyUnusable);
}

TEST_F(KeyRingTest, OneUnusableKeyStopsItsDomainAlone) {
    add("good", rsa_);
    add("bad", folder_.path("missing.pem"));
    domain("other.example");
    add("s", ed25519_);
    const auto ring = KeyRing::load(config_);
    EXPECT_EQ(ring->standing(name("example.com"), at(0)), Standing::KeyUnusable);
    EXPECT_FALSE(ring->keys_of(name("example.com"))->can_sign(at(0)));
    EXPECT_EQ(ring->standing(name("other.example"), at(0)), Standing::Signs);
    ASSERT_EQ(ring->problems().size(), 1U);
    EXPECT_EQ(ring->problems()[0].find("example.com selector bad: key file cannot be read: "), 0U);
    const auto& bad = ring->keys_of(name("example.com"))->entries.at(1);
    EXPECT_FALSE(bad.signer);
    EXPECT_EQ(bad.error.code, dkim::errc::KeyUnreadable);
}

TEST_F(KeyRingTest, KnowsDomainsForTheEnvelopeExemptOnesAndStrangers) {
    add("r", rsa_);
    domain("bounces.example").envelope_only = true;
    domain("plain.example").sign = false;
    const auto ring = KeyRing::load(config_);
    EXPECT_EQ(ring->standing(name("bounces.example"), at(0)), Standing::EnvelopeOnly);
    EXPECT_EQ(ring->standing(name("plain.example"), at(0)), Standing::Exempt);
    EXPECT_EQ(ring->standing(name("www.example.com"), at(0)), Standing::Unknown);
    EXPECT_EQ(ring->standing(name("com"), at(0)), Standing::Unknown);
    EXPECT_EQ(ring->keys_of(name("www.example.com")), nullptr);
    EXPECT_EQ(ring->domains().size(), 3U);
}

TEST_F(KeyRingTest, TheNearestParentWithSubdomainsSpeaksForAName) {
    config_.domains.back().subdomains = true;
    add("r", rsa_);
    domain("shop.example.com").subdomains = true;
    add("s", ed25519_);
    domain("own.shop.example.com");
    add("o", ed25519_);
    EXPECT_EQ(speaks_for("example.com"), "example.com");
    EXPECT_EQ(speaks_for("a.b.example.com"), "example.com");
    EXPECT_EQ(speaks_for("shop.example.com"), "shop.example.com");
    EXPECT_EQ(speaks_for("a.shop.example.com"), "shop.example.com");
    EXPECT_EQ(speaks_for("own.shop.example.com"), "own.shop.example.com");
    EXPECT_EQ(speaks_for("a.own.shop.example.com"), "shop.example.com");
    EXPECT_EQ(speaks_for("badexample.com"), "");
    EXPECT_EQ(speaks_for("com"), "");
    EXPECT_EQ(KeyRing::load(config_)->standing(name("x.example.com"), at(0)), Standing::Signs);
}

TEST_F(KeyRingTest, ObeysTheConfiguredSafetyAndCanonicalization) {
    add("open", folder_.write("open.pem", test::rsa_key().pem(), 0644));
    EXPECT_EQ(KeyRing::load(config_)->standing(name("example.com"), at(0)), Standing::KeyUnusable);
    config_.dkim.allow_world_readable_keys = true;
    config_.dkim.header_canonicalization = conf::Canonicalization::Simple;
    EXPECT_NE(signature().find("c=simple/relaxed;"), std::string::npos);
}

TEST_F(KeyRingTest, GivesItsSignersTheConfiguredFieldsAndExpiry) {
    add("e", ed25519_);
    EXPECT_EQ(signature().find("x="), std::string::npos);
    EXPECT_EQ(signature().find("x-other"), std::string::npos);
    config_.domains.back().headers = {"from", "x-other"};
    config_.dkim.signature_expiry = std::chrono::hours(2);
    EXPECT_NE(signature().find(" x=7200;"), std::string::npos);
    EXPECT_NE(signature().find("h=x-other:\r\n from:from:x-other;"), std::string::npos)
        << signature();
}

}  // namespace
