#include "dkim/selector.h"

#include <gtest/gtest.h>

#include "dkim/errors.h"
#include "tests/dkim/rotation_stage.h"
#include "tests/dkim/temporary_folder.h"

namespace {

using conf::Prove;
using dkim::KeyType;
using dkim::SelectorReport;
using dkim::SelectorState;
using dkim::Sight;
using test::at;
using test::look;
using test::RotationStage;
using Time = std::optional<conf::Instant>;

class SelectorTest : public testing::Test {
protected:
    SelectorReport report(const std::string& selector, int hour) const {
        for (auto& one : dkim::reports_of(stage_.keys, stage_.lives, stage_.rules, at(hour))) {
            if (one.selector == selector) {
                return one;
            }
        }
        ADD_FAILURE() << "no report on " << selector;
        return {};
    }
    void expect(const std::string& selector,
                int hour,
                SelectorState state,
                Time since,
                Time until,
                const std::string& detail) const {
        const auto one = report(selector, hour);
        EXPECT_EQ(dkim::name_of(one.state), dkim::name_of(state));
        EXPECT_EQ(one.since, since);
        EXPECT_EQ(one.until, until);
        EXPECT_EQ(one.detail, detail);
    }
    std::string held(int hour) const {
        return dkim::why_held(stage_.keys, stage_.lives, stage_.rules.prove, at(hour));
    }

    RotationStage stage_;
};

TEST_F(SelectorTest, NewUntilSomebodyLooked) {
    stage_.add("a");
    for (int i = 0; i < 2; ++i) {
        expect("a", 0, SelectorState::New, {}, {}, "nobody has looked at its record yet");
        stage_.step(0);
    }
    EXPECT_EQ(report("a", 0).text(), "new: nobody has looked at its record yet");
    EXPECT_EQ(report("a", 0).record_name, "a._domainkey.example.com");
    EXPECT_EQ(report("a", 0).type, KeyType::Rsa);
    EXPECT_EQ(report("a", 0).bits, 2048);
    EXPECT_TRUE(report("a", 0).configured);
}

TEST_F(SelectorTest, WaitsForItsRecord) {
    stage_.add("a");
    stage_.step(3, {{"a", look(Sight::Absent)}});
    expect("a", 9, SelectorState::Waiting, at(3), {}, "it is absent");
    EXPECT_EQ(report("a", 9).text(), "waiting: it is absent, since 1970-01-01T03:00:00Z");
    stage_.step(4, {{"a", look(Sight::Disagreed)}});
    expect("a", 9, SelectorState::Waiting, at(4), {}, "it is disagreed");
}

TEST_F(SelectorTest, WaitsUntilNobodyKeepsItsAbsence) {
    stage_.add("a");
    stage_.prove_all();
    stage_.add("b");
    stage_.step(3, {{"b", look(Sight::Ours)}});
    expect("b",
           3,
           SelectorState::Waiting,
           at(3),
           {},
           "its record is there; how long its absence is kept is not known yet");
    stage_.step(4, {{"b", look(Sight::Ours, 5)}});
    expect("b",
           4,
           SelectorState::Waiting,
           at(3),
           at(8),
           "its record is there; receivers may have kept its absence until 1970-01-01T08:00:00Z");
    stage_.entry("b").selector.sign_from = at(20);
    EXPECT_EQ(report("b", 4).until, at(20));
    stage_.entry("b").selector.sign_from = at(5);
    EXPECT_EQ(report("b", 4).until, at(8));
}

TEST_F(SelectorTest, ProvenUntilItsTimeComes) {
    stage_.add("a");
    stage_.prove_all();
    stage_.add("b", 20);
    stage_.step(3, {{"b", look(Sight::Ours, 5)}});
    expect("b", 9, SelectorState::Proven, at(8), at(20), "signs from 1970-01-01T20:00:00Z on");
    EXPECT_EQ(report("b", 9).text(),
              "proven: signs from 1970-01-01T20:00:00Z on, since 1970-01-01T08:00:00Z");
}

TEST_F(SelectorTest, ProvenBesideALaterOneThatSigns) {
    stage_.add("a");
    stage_.add("b");
    stage_.add("c", -9, -1);
    stage_.prove_all();
    expect("a", 1, SelectorState::Proven, at(0), {}, "a later selector signs");
    expect("b", 1, SelectorState::Signing, at(0), {}, "");
    expect(
        "c", 1, SelectorState::Proven, at(0), {}, "its sign_until passed at 1969-12-31T23:00:00Z");
    EXPECT_EQ(report("b", 1).text(), "signing, since 1970-01-01T00:00:00Z");
}

TEST_F(SelectorTest, SignsAlthoughItsTimeIsOver) {
    stage_.add("a", 0, 10);
    stage_.prove_all();
    expect("a", 9, SelectorState::Signing, at(0), {}, "");
    expect("a",
           10,
           SelectorState::Signing,
           at(0),
           {},
           "although its sign_until passed at 1970-01-01T10:00:00Z: no other selector can");
}

TEST_F(SelectorTest, RetiresAndIsRemovable) {
    stage_.add("a");
    stage_.add("b", 10);
    stage_.prove_all();
    stage_.step(10);
    expect("a",
           11,
           SelectorState::Retiring,
           at(10),
           {},
           "its record is needed: mail that it signed may still be in the queue");
    stage_.lives.at("a").left = at(12);
    expect("a",
           13,
           SelectorState::Retiring,
           at(10),
           at(36),
           "its record is needed until 1970-01-02T12:00:00Z");
    expect("a", 36, SelectorState::Removable, at(36), {}, "its record may be removed from the DNS");
    stage_.remove("a");
    const auto gone = report("a", 37);
    EXPECT_EQ(gone.state, SelectorState::Removable);
    EXPECT_FALSE(gone.configured);
    EXPECT_FALSE(gone.type);
    EXPECT_EQ(gone.record_name, "a._domainkey.example.com");
    EXPECT_EQ(gone.text(),
              "removable: its record may be removed from the DNS; it is not in the configuration "
              "any more, since 1970-01-02T12:00:00Z");
}

TEST_F(SelectorTest, RemovableEvenWhenItsRecordIsGone) {
    stage_.add("a");
    stage_.add("b", 10);
    stage_.prove_all();
    stage_.step(10);
    stage_.lives.at("a").left = at(12);
    stage_.step(20, {{"a", look(Sight::Absent)}});
    EXPECT_EQ(report("a", 35).state, SelectorState::Withdrawn);  // too early
    expect("a", 36, SelectorState::Removable, at(36), {}, "its record may be removed from the DNS");
}

TEST_F(SelectorTest, RetiredByAPerson) {
    stage_.add("a");
    stage_.add("b");
    stage_.prove_all();
    stage_.lives.at("b").retired = at(5);
    stage_.lives.at("a").retired = at(5);
    stage_.step(5);
    expect("b",
           6,
           SelectorState::Retiring,
           at(5),
           {},
           "its record is needed: mail that it signed may still be in the queue; taken out of "
           "service at 1970-01-01T05:00:00Z");
    expect("a",
           6,
           SelectorState::Removable,
           at(5),
           {},
           "it never signed: its record may be removed from the DNS; taken out of service at "
           "1970-01-01T05:00:00Z");
}

TEST_F(SelectorTest, WithdrawnWhenItsRecordIsWrongOrGone) {
    stage_.add("a");
    for (const Sight sight : {Sight::Different, Sight::Revoked}) {
        stage_.lives.clear();
        stage_.step(3, {{"a", look(sight)}});
        expect("a", 4, SelectorState::Withdrawn, at(3), {}, look(sight).seen);
    }
    for (const Sight sight : {Sight::Absent, Sight::Disagreed, Sight::Different, Sight::Revoked}) {
        stage_.lives.clear();
        stage_.prove_all();
        stage_.step(3, {{"a", look(sight)}});
        expect("a", 4, SelectorState::Withdrawn, at(3), {}, look(sight).seen);
    }
}

TEST_F(SelectorTest, UnusableWithItsReasonAndNobodyElseSigns) {
    stage_.add("a");
    stage_.prove_all();
    stage_.add("b");
    stage_.spoil("b");
    stage_.entry("b").error = dkim::error(dkim::errc::KeyUnreadable, "no such file");
    stage_.step(1);
    EXPECT_EQ(report("b", 1).state, SelectorState::Unusable);
    EXPECT_NE(report("b", 1).text().find("no such file"), std::string::npos);
    EXPECT_FALSE(report("b", 1).type);
    expect("a", 1, SelectorState::Proven, at(0), {}, "another key of the domain cannot be used");
}

TEST_F(SelectorTest, SignsWithoutProofAndSaysSo) {
    stage_.rules.prove = Prove::Warn;
    stage_.add("a");
    expect("a",
           0,
           SelectorState::Signing,
           {},
           {},
           "although it is not proven: nobody has looked at its record yet");
    stage_.step(1, {{"a", look(Sight::Absent)}});
    expect("a", 1, SelectorState::Signing, at(1), {}, "although it is not proven: it is absent");
    stage_.step(2, {{"a", look(Sight::Ours)}});
    expect("a", 2, SelectorState::Signing, at(1), {}, "");
}

TEST_F(SelectorTest, DoesNotLookWhereProofIsOff) {
    stage_.rules.prove = Prove::Off;
    stage_.add("a");
    stage_.add("b", 10);
    stage_.add("c");
    stage_.step(1);
    expect("c", 1, SelectorState::Signing, at(1), {}, "");
    expect("a", 1, SelectorState::New, {}, {}, "a later selector signs");
    expect("b", 1, SelectorState::New, {}, at(10), "signs from 1970-01-01T10:00:00Z on");
    stage_.step(10);
    EXPECT_EQ(stage_.states(10), "a new, b signing, c retiring");
}

TEST_F(SelectorTest, NamesItsStatesAndTypes) {
    EXPECT_EQ(dkim::name_of(SelectorState::New), "new");
    EXPECT_EQ(dkim::name_of(SelectorState::Unusable), "unusable");
    EXPECT_EQ(dkim::name_of(KeyType::Rsa), "rsa");
    EXPECT_EQ(dkim::name_of(KeyType::Ed25519), "ed25519");
}

TEST_F(SelectorTest, MailIsHeldWithTheReasonOfEachSelector) {
    stage_.add("a");
    stage_.add("b", 50);
    EXPECT_EQ(held(0),
              "no selector of example.com is proven: a: nobody has looked at its record yet; b: "
              "nobody has looked at its record yet");
    stage_.step(1, {{"a", look(Sight::Absent)}, {"b", look(Sight::Ours, 0)}});
    EXPECT_EQ(held(1),
              "no selector of example.com is proven: a: it is absent; b: proven, but its sign_from "
              "is still to come");
    stage_.step(2, {{"a", look(Sight::Ours)}});
    EXPECT_EQ(held(2), "");
    stage_.lives.at("a").retired = at(2);
    EXPECT_EQ(held(2).find("no selector of example.com is proven: a: taken out of service; "), 0U);
    EXPECT_EQ(held(50), "");
}

TEST_F(SelectorTest, MailIsNotHeldWhereNobodySignsOrNoProofIsWanted) {
    stage_.add("a", 10);
    EXPECT_EQ(held(9), "");  // answered with 451
    EXPECT_NE(held(10), "");
    stage_.keys.sign = false;
    EXPECT_EQ(held(10), "");
    stage_.keys.sign = true;
    stage_.keys.envelope_only = true;
    EXPECT_EQ(held(10), "");
    stage_.keys.envelope_only = false;
    stage_.rules.prove = Prove::Warn;
    EXPECT_EQ(held(10), "");
    stage_.step(10, {{"a", look(Sight::Revoked)}});
    EXPECT_EQ(held(10), "no selector of example.com is proven: a: it is revoked");
    stage_.rules.prove = Prove::Off;
    EXPECT_EQ(held(10), "");
}

TEST(SelectorReports, CoverEveryDomainAndThoseThatWent) {
    test::TemporaryFolder folder;
    conf::Config config;
    const auto file = folder.write("k.pem", test::ed25519_key().pem());
    for (const char* domain : {"b.example", "a.example"}) {
        conf::Domain& added = config.domains.emplace_back();
        added.name = test::name(domain);
        added.selectors.push_back({"s", file, {}, {}});
    }
    const auto ring = dkim::KeyRing::load(config);
    const auto* const keys = ring->keys_of(test::name("b.example"));
    ASSERT_NE(keys, nullptr);
    dkim::Life life;
    life.key = keys->entries[0].key_id;
    life.sight = Sight::Ours;
    life.proven_from = life.signs_from = at(0);
    dkim::Lives lives;
    lives.set(test::name("b.example"), {{"s", life}});
    life.signed_until = at(0);
    lives.set(test::name("0.example"), {{"old", life}});
    std::string said;
    for (const auto& one : dkim::selector_reports(*ring, lives, {}, at(1))) {
        said += one.domain.text() + "/" + one.selector + " " +
                std::string(dkim::name_of(one.state)) + ";";
    }
    EXPECT_EQ(said, "a.example/s new;b.example/s signing;0.example/old retiring;");
}

TEST(DateText, IsUtcInWholeSeconds) {
    EXPECT_EQ(dkim::date_text(conf::Instant{}), "1970-01-01T00:00:00Z");
    EXPECT_EQ(dkim::date_text(conf::Instant(conf::Duration(1780300000999))),
              "2026-06-01T07:46:40Z");
    EXPECT_EQ(dkim::date_text(conf::Instant(conf::Duration(-1))), "1969-12-31T23:59:59Z");
    EXPECT_EQ(dkim::date_text(conf::Instant(conf::Duration(253402300799000))),
              "9999-12-31T23:59:59Z");
}

}  // namespace
