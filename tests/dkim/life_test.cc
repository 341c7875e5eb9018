#include "dkim/life.h"

#include <gtest/gtest.h>

#include "dkim/errors.h"

namespace {

using dkim::Life;
using dkim::Lives;
using dkim::Sight;

conf::Instant ms(std::int64_t count) {
    return conf::Instant(conf::Duration(count));
}

conf::DomainName name(const char* text) {
    return conf::DomainName::parse(text).value();
}

Life full() {
    return {"rsa:0123456789abcdef",
            Sight::Ours,
            "our key is published",
            ms(1780300000001),
            ms(1780300000002),
            ms(1780300000003),
            ms(1780300000004),
            ms(1780300000005),
            ms(1780300000006)};
}

Life read(const Life& life) {
    const auto again = Life::parse(life.text());
    EXPECT_TRUE(again) << life.text();
    return again ? *again : Life{};
}

TEST(Life, IsWrittenAsOneLineOfTags) {
    EXPECT_EQ(full().text(),
              "v=1; key=rsa:0123456789abcdef; sight=ours; since=1780300000001; "
              "proven=1780300000002; signs=1780300000003; until=1780300000004; "
              "left=1780300000005; retired=1780300000006; seen=our key is published");
    EXPECT_EQ(Life{}.text(), "v=1; key=; sight=unseen; since=0; seen=");
}

TEST(Life, ComesBackAsItWas) {
    EXPECT_EQ(read(full()), full());
    EXPECT_EQ(read(Life{}), Life{});
    using Member = std::optional<conf::Instant> Life::*;
    for (const Member member : {&Life::proven_from,
                                &Life::signs_from,
                                &Life::signed_until,
                                &Life::left,
                                &Life::retired}) {
        Life one = full();
        (one.*member).reset();
        EXPECT_EQ(read(one), one);
        Life other;
        other.*member = ms(7);
        EXPECT_EQ(read(other), other);
    }
    for (const Sight sight : {Sight::Unseen,
                              Sight::Ours,
                              Sight::Absent,
                              Sight::Different,
                              Sight::Revoked,
                              Sight::Disagreed}) {
        Life life = full();
        life.sight = sight;
        EXPECT_EQ(read(life), life);
    }
}

TEST(Life, KeepsWhatItSawPrintable) {
    Life life = full();
    life.seen = "a; sight=revoked; b=\"c\"\r\n\x01\x7f\xc3\xa9 d";
    EXPECT_EQ(read(life).seen, "a, sight=revoked, b=\"c\",,,,,, d");
    EXPECT_EQ(read(life).sight, Sight::Ours);
    life.seen = std::string(501, 'x');
    EXPECT_EQ(read(life).seen, std::string(500, 'x'));
    for (const char c : life.text()) {
        EXPECT_TRUE(c >= ' ' && c <= '~');
    }
    life.key = "a;b\n";
    EXPECT_EQ(read(life).key, "a,b,");
}

TEST(Life, DoesNotReadADamagedLine) {
    const std::string good = "v=1; key=k; sight=ours; since=5; proven=6; seen=x";
    ASSERT_TRUE(Life::parse(good));
    struct Case {
        const char* line;
        const char* named;
    };
    for (const Case& bad : {Case{"", "v="},
                            Case{"v=2; key=k; sight=ours; since=5", "v="},
                            Case{"key=k; sight=ours; since=5", "v="},
                            Case{"v=1; key=k; since=5", "sight="},
                            Case{"v=1; key=k; sight=; since=5", "sight="},
                            Case{"v=1; key=k; sight=theirs; since=5", "sight="},
                            Case{"v=1; key=k; sight=ours", "since="},
                            Case{"v=1; key=k; sight=ours; since=", "since="},
                            Case{"v=1; key=k; sight=ours; since=5x", "since="},
                            Case{"v=1; key=k; sight=ours; since=5.0", "since="},
                            Case{"v=1; key=k; sight=ours; since=99999999999999999999", "since="},
                            // Nobody adds to a time at the end of all times.
                            Case{"v=1; key=k; sight=ours; since=9223372036854775807", "since="},
                            Case{"v=1; key=k; sight=ours; since=-9223372036854775807", "since="},
                            Case{"v=1; sight=ours; since=5; proven=now", "proven="},
                            Case{"v=1; sight=ours; since=5; signs=", "signs="},
                            Case{"v=1; sight=ours; since=5; until=1e9", "until="},
                            Case{"v=1; sight=ours; since=5; left=0x5", "left="},
                            Case{"v=1; sight=ours; since=5; retired=+5", "retired="},
                            Case{"v=1; sight=ours; sight=ours; since=5", "sight comes twice"},
                            Case{"v=1; sight=ours; since=5; seen", "seen has no value"},
                            Case{"v=1; sight=ours; since=5; seen=\x01", "seen"},
                            Case{"v=1; sight=ours; since=5; ;", "no proper name"}}) {
        const auto life = Life::parse(bad.line);
        ASSERT_FALSE(life) << bad.line;
        EXPECT_EQ(life.error().code, dkim::errc::BadTagList);
        EXPECT_NE(life.error().detail.find(bad.named), std::string::npos)
            << bad.line << ": " << life.error().detail;
    }
    for (std::size_t i = 0; i < good.size(); ++i) {
        (void)Life::parse(good.substr(0, i));  // whatever it says, it ends
    }
}

TEST(Life, IsProvenFromItsProofOnWhileOursIsSeen) {
    Life life = full();
    EXPECT_FALSE(life.is_proven(ms(1780300000001)));
    EXPECT_TRUE(life.is_proven(ms(1780300000002)));
    life.sight = Sight::Disagreed;
    EXPECT_FALSE(life.is_proven(ms(1780300000002)));
    life.sight = Sight::Ours;
    life.proven_from.reset();
    EXPECT_FALSE(life.is_proven(ms(1780300000002)));
}

TEST(Life, IsWrongWhereSignaturesAreKnownNotToVerify) {
    for (const Sight sight : {Sight::Different, Sight::Revoked}) {
        EXPECT_TRUE((Life{"k", sight, "", ms(0), {}, {}, {}, {}, {}}.is_wrong()));
    }
    for (const Sight sight : {Sight::Unseen, Sight::Ours, Sight::Absent, Sight::Disagreed}) {
        EXPECT_FALSE((Life{"k", sight, "", ms(0), {}, {}, {}, {}, {}}.is_wrong()));
    }
}

TEST(Lives, BelongToADomainASelectorAndAKey) {
    Lives lives;
    EXPECT_TRUE(lives.of(name("example.com")).empty());
    lives.set(name("example.com"), {{"2026a", full()}});
    EXPECT_EQ(*lives.find(name("example.com"), "2026a", full().key), full());
    EXPECT_EQ(lives.find(name("example.com"), "2026a", "rsa:other"), nullptr);
    EXPECT_EQ(lives.find(name("example.com"), "2026b", full().key), nullptr);
    EXPECT_EQ(lives.find(name("example.org"), "2026a", full().key), nullptr);
    EXPECT_EQ(lives.all().size(), 1U);
    lives.set(name("example.com"), {});
    lives.set(name("example.org"), {});
    EXPECT_TRUE(lives.all().empty());
}

}  // namespace
