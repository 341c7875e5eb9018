#include "dkim/published.h"

#include <gtest/gtest.h>

#include "tests/dkim/test_keys.h"

namespace {

using dkim::KeyRing;
using dkim::Published;
using dkim::Sight;
using dkim::Witness;

const conf::Instant kNow{std::chrono::milliseconds(1780300000000)};

KeyRing::DomainKeys domain_with(const dkim::PrivateKey& key,
                                bool subdomains = false,
                                const std::string& domain = "example.com",
                                dkim::SignedFields fields = {}) {
    KeyRing::DomainKeys keys;
    keys.name = conf::DomainName::parse(domain).value();
    keys.subdomains = subdomains;
    KeyRing::Entry& entry = keys.entries.emplace_back();
    entry.selector.name = "s";
    entry.signer.emplace(keys.name,
                         "s",
                         key,
                         conf::Canonicalization::Simple,
                         std::move(fields),
                         std::chrono::hours(1));
    return keys;
}

Published judge(const std::vector<std::string>& records,
                const KeyRing::DomainKeys& keys = domain_with(test::rsa_key())) {
    return dkim::judge_records(keys, keys.entries[0], records, kNow);
}

std::string p_of(const dkim::PrivateKey& key) {
    const std::string record = key.record();
    return record.substr(record.find("p="));
}

TEST(JudgeRecords, OurKeyIsOursHoweverItIsWritten) {
    for (const dkim::PrivateKey* key : {&test::rsa_key(), &test::ed25519_key()}) {
        for (const bool subdomains : {false, true}) {
            const auto published = judge({key->record()}, domain_with(*key, subdomains));
            EXPECT_EQ(published.sight, Sight::Ours) << published.seen;
            EXPECT_EQ(published.seen, "our key is published");
            EXPECT_FALSE(published.testing);
        }
    }
    const std::string p = p_of(test::rsa_key());
    for (const std::string& record : {p,
                                      p + ";",
                                      "v=DKIM1;k=rsa;" + p,
                                      " v = DKIM1 ; n=a note ; h=sha1:sha256 ; s=email ; " + p,
                                      "x=unknown; " + p,
                                      p.substr(0, 50) + " \t" + p.substr(50)}) {
        EXPECT_EQ(judge({record}).sight, Sight::Ours) << record;
    }
}

TEST(JudgeRecords, NoRecordIsAbsent) {
    const auto published = judge({});
    EXPECT_EQ(published.sight, Sight::Absent);
    EXPECT_EQ(published.seen, "there is no record");
}

TEST(JudgeRecords, WhatIsNoKeyRecordIsDifferent) {
    const std::string p = p_of(test::rsa_key());
    for (const std::string& record : {std::string("v=DKIM1; k=rsa"),
                                      std::string("v=spf1 -all"),
                                      std::string("any text"),
                                      std::string(),
                                      "v=DKIM2; " + p,
                                      p + "; v=DKIM1",
                                      p + "; " + p,
                                      "h=sha1; " + p,
                                      "s=tlsrpt; " + p,
                                      "k=dsa; " + p,
                                      std::string("p=no*base64"),
                                      "v=DKIM1\\; k=rsa\\; " + p}) {
        const auto published = judge({record});
        EXPECT_EQ(published.sight, Sight::Different) << record;
        EXPECT_EQ(published.seen.find("no key record: "), 0U) << published.seen;
    }
}

TEST(JudgeRecords, SaysForeignOctetsInPrintableOnes) {
    for (const char* record : {"\x1b[2J=1; p=", "v=\xc3\xa9; p=YWJj", "a\r\nb", "p\x80=1"}) {
        const auto published = judge({record});
        EXPECT_EQ(published.sight, Sight::Different);
        for (const char c : published.seen) {
            EXPECT_TRUE(c >= ' ' && c <= '~') << published.seen;
        }
    }
}

TEST(JudgeRecords, SeveralAreDifferentEvenWithOursAmongThem) {
    const std::string record = test::rsa_key().record();
    const auto published = judge({record, "v=spf1 -all", record});
    EXPECT_EQ(published.sight, Sight::Different);
    EXPECT_EQ(published.seen,
              "3 records stand there, and receivers may take any of them: remove the others");
}

TEST(JudgeRecords, AnEmptyKeyRevokes) {
    for (const char* record : {"v=DKIM1; p=", "p=", "k=ed25519; p= ; t=s"}) {
        EXPECT_EQ(judge({record}).sight, Sight::Revoked) << record;
    }
    EXPECT_EQ(judge({"p="}).seen, "the record revokes the key (empty p=)");
}

TEST(JudgeRecords, AnotherKindOrKeyIsDifferent) {
    EXPECT_EQ(judge({test::ed25519_key().record()}).seen,
              "the record is of an Ed25519 key, ours is an RSA key");
    const auto keys = domain_with(test::ed25519_key());
    EXPECT_EQ(judge({test::rsa_key().record()}, keys).seen,
              "the record is of an RSA key, ours is an Ed25519 key");
    const auto other = judge({test::other_rsa_key().record()});
    EXPECT_EQ(other.sight, Sight::Different);
    EXPECT_EQ(other.seen, "another key than ours is published");
    // Cut off on the way into the zone, as happens at 255 octets.
    EXPECT_EQ(judge({test::rsa_key().record().substr(0, 254)}).sight, Sight::Different);
}

TEST(JudgeRecords, AKeyMarkedAsATestIsOurs) {
    const auto published = judge({"t=y:x; " + p_of(test::rsa_key())});
    EXPECT_EQ(published.sight, Sight::Ours);
    EXPECT_TRUE(published.testing);
    EXPECT_EQ(published.seen, "our key is published, marked as a test (t=y)");
}

TEST(JudgeRecords, AStrictKeyDoesNotDoForSubdomains) {
    const std::string record = "t=s; " + p_of(test::rsa_key());
    EXPECT_EQ(judge({record}).sight, Sight::Ours);
    const auto published = judge({record}, domain_with(test::rsa_key(), true));
    EXPECT_EQ(published.sight, Sight::Different);
    EXPECT_NE(published.seen.find("t=s"), std::string::npos);
}

TEST(JudgeRecords, WorksForTheLongestDomainAndForChosenFields) {
    std::string domain = "example.com";
    const std::size_t size = 253 - std::string("s._domainkey.").size();
    while (domain.size() + 14 <= size) {
        domain = "a" + std::string(10, 'b') + "." + domain;
    }
    domain = std::string(size - 1 - domain.size(), 'c') + "." + domain;
    ASSERT_EQ(domain.size(), size);
    const auto longest = domain_with(test::ed25519_key(), true, domain);
    EXPECT_EQ(judge({test::ed25519_key().record()}, longest).sight, Sight::Ours);
    const auto chosen = domain_with(
        test::ed25519_key(), false, "example.com", dkim::SignedFields({"from", "x-other"}));
    EXPECT_EQ(judge({test::ed25519_key().record()}, chosen).sight, Sight::Ours);
}

TEST(SelfTest, FindsNothingWrongWithAGoodKey) {
    for (const dkim::PrivateKey* key : {&test::rsa_key(), &test::ed25519_key()}) {
        const auto keys = domain_with(*key, true);
        EXPECT_EQ(dkim::self_test(keys, keys.entries[0], kNow), std::nullopt);
    }
}

TEST(SelfTest, SaysWhyAKeyCannotBeUsed) {
    auto keys = domain_with(test::rsa_key());
    keys.entries[0].signer.reset();
    keys.entries[0].error = {{}, "the key is gone"};
    const auto wrong = dkim::self_test(keys, keys.entries[0], kNow);
    ASSERT_TRUE(wrong);
    EXPECT_NE(wrong->find("the key is gone"), std::string::npos);
}

Published seeing(Sight sight) {
    return {sight, "it is " + std::string(dkim::name_of(sight)), false};
}

std::vector<Witness> servers(std::initializer_list<Sight> sights) {
    std::vector<Witness> made;
    for (const Sight sight : sights) {
        made.push_back({"ns" + std::to_string(made.size() + 1), seeing(sight)});
    }
    return made;
}

TEST(Combine, TakesTheResolversWordWithoutServers) {
    for (const Sight sight : {Sight::Ours, Sight::Absent, Sight::Different, Sight::Revoked}) {
        const auto look = dkim::combine(seeing(sight), {});
        EXPECT_EQ(look.sight, sight);
        EXPECT_EQ(look.seen, seeing(sight).seen);
        EXPECT_FALSE(look.negative_ttl);
    }
}

TEST(Combine, IsOursOnlyWhereAllShowIt) {
    struct Case {
        Sight resolver;
        std::initializer_list<Sight> servers;
        Sight sight;
        const char* seen;
    };
    const Case cases[] = {
        {Sight::Ours, {Sight::Ours}, Sight::Ours, "it is ours"},
        {Sight::Ours, {Sight::Ours, Sight::Ours, Sight::Ours}, Sight::Ours, "it is ours"},
        {Sight::Ours,
         {Sight::Ours, Sight::Absent},
         Sight::Disagreed,
         "the servers of its zone disagree: ns1 shows our key, ns2 says: it is absent"},
        {Sight::Ours,
         {Sight::Different, Sight::Absent, Sight::Ours},
         Sight::Disagreed,
         "the servers of its zone disagree: ns3 shows our key, ns1 says: it is different"},
        {Sight::Absent,
         {Sight::Ours, Sight::Revoked},
         Sight::Disagreed,
         "the servers of its zone disagree: ns1 shows our key, ns2 says: it is revoked"},
        // The resolver's memory of a better time does not count,
        {Sight::Ours,
         {Sight::Absent, Sight::Absent},
         Sight::Absent,
         "it is absent (so say the servers of its zone; the resolver still has our key)"},
        {Sight::Ours,
         {Sight::Revoked},
         Sight::Revoked,
         "it is revoked (so say the servers of its zone; the resolver still has our key)"},
        // and what it has not yet, receivers may not have either.
        {Sight::Absent,
         {Sight::Ours, Sight::Ours},
         Sight::Disagreed,
         "the servers of its zone show our key, the resolver does not yet: it is absent"},
        {Sight::Different,
         {Sight::Ours},
         Sight::Disagreed,
         "the servers of its zone show our key, the resolver does not yet: it is different"},
        {Sight::Absent, {Sight::Absent, Sight::Different}, Sight::Absent, "it is absent"},
        {Sight::Revoked, {Sight::Absent}, Sight::Revoked, "it is revoked"},
    };
    for (const Case& given : cases) {
        const auto look = dkim::combine(seeing(given.resolver), servers(given.servers));
        EXPECT_EQ(look.sight, given.sight) << given.seen;
        EXPECT_EQ(look.seen, given.seen);
    }
}

}  // namespace
