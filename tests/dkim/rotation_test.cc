#include "dkim/rotation.h"

#include <gtest/gtest.h>

#include "tests/dkim/rotation_stage.h"

namespace {

using conf::Prove;
using dkim::KeyType;
using dkim::Sight;
using test::at;
using test::look;
using test::RotationStage;

// Dates alone: every selector is proven.

class DatesTest : public testing::Test {
protected:
    void add(const char* selector,
             std::optional<int> from = {},
             std::optional<int> until = {},
             KeyType type = KeyType::Rsa) {
        stage_.add(selector, from, until, type);
        stage_.prove_all(-1);
    }
    RotationStage stage_;
};

TEST_F(DatesTest, OneSignsPerKeyTypeRsaFirst) {
    add("e", {}, {}, KeyType::Ed25519);
    add("r");
    EXPECT_EQ(stage_.signing(0), "r e");
}

TEST_F(DatesTest, TheLatestThatHasBegunSigns) {
    add("b", 10);
    add("always");
    add("c", 20);
    EXPECT_EQ(stage_.signing(9), "always");
    EXPECT_EQ(stage_.signing(10), "b");
    EXPECT_EQ(stage_.signing(19), "b");
    EXPECT_EQ(stage_.signing(20), "c");
}

TEST_F(DatesTest, TheLastInTheFileOfEqualsSigns) {
    add("one");
    add("two");
    add("three", 5);
    add("four", 5);
    EXPECT_EQ(stage_.signing(0), "two");
    EXPECT_EQ(stage_.signing(5), "four");
}

TEST_F(DatesTest, GoesOnAtTheEndWithoutASuccessor) {
    add("a", 0, 10);
    EXPECT_EQ(stage_.signing(9), "a");
    EXPECT_EQ(stage_.signing(10), "a");
    EXPECT_EQ(stage_.signing(99), "a");
}

TEST_F(DatesTest, ChangesAtTheEndToWhatHasNotEnded) {
    add("old");
    add("short", 5, 10);
    EXPECT_EQ(stage_.signing(9), "short");
    EXPECT_EQ(stage_.signing(10), "old");
}

TEST_F(DatesTest, OfSeveralThatEndedTheLatestGoesOn) {
    add("b", 2, 10);
    add("a", 1, 12);
    EXPECT_EQ(stage_.signing(11), "a");
    EXPECT_EQ(stage_.signing(12), "b");
}

TEST_F(DatesTest, EachKeyTypeSwitchesByItself) {
    add("r1", 0, 10);
    add("e1", 5, {}, KeyType::Ed25519);
    add("r2", 20);
    EXPECT_EQ(stage_.signing(4), "r1");
    EXPECT_EQ(stage_.signing(15), "r1 e1");
    EXPECT_EQ(stage_.signing(20), "r2 e1");
}

TEST_F(DatesTest, NobodySignsWhatCannotBeSigned) {
    add("a", 10);
    EXPECT_EQ(stage_.signing(9), "");
    EXPECT_TRUE(stage_.choice(9).fit);  // answered with 451, so nothing is held
    stage_.keys.envelope_only = true;
    EXPECT_EQ(stage_.signing(10), "");
    stage_.keys.envelope_only = false;
    stage_.keys.sign = false;
    EXPECT_EQ(stage_.signing(10), "");
    stage_.keys.sign = true;
    EXPECT_EQ(stage_.signing(10), "a");
    add("b", 99);
    stage_.spoil("b");
    EXPECT_EQ(stage_.signing(10), "");
}

// Walks: what was seen when, and what everybody does then.

struct Step {
    int hour;
    RotationStage::Looks looks;
    const char* signing;
    const char* states;
};

void walk(RotationStage& stage, const std::vector<Step>& steps) {
    for (const Step& step : steps) {
        stage.step(step.hour, step.looks);
        EXPECT_EQ(stage.signing(step.hour), step.signing) << "at " << step.hour;
        EXPECT_EQ(stage.states(step.hour), step.states) << "at " << step.hour;
    }
}

TEST(Rotation, WalksAFirstSelectorThroughItsLife) {
    RotationStage stage;
    stage.add("a");
    walk(stage,
         {{0, {}, "held: a", "a new"},
          {1, {{"a", look(Sight::Unseen)}}, "held: a", "a new"},
          {2, {{"a", look(Sight::Absent, 5)}}, "held: a", "a waiting"},
          {3, {{"a", look(Sight::Disagreed, 5)}}, "held: a", "a waiting"},
          {4, {{"a", look(Sight::Ours, 5)}}, "a", "a signing"}});
    EXPECT_EQ(stage.lives.at("a").since, at(4));
    EXPECT_EQ(stage.lives.at("a").proven_from, at(4));
    EXPECT_EQ(stage.lives.at("a").signs_from, at(4));
}

TEST(Rotation, WalksARolloverFromEndToEnd) {
    RotationStage stage;
    stage.add("a");
    stage.step(0, {{"a", look(Sight::Ours, 3)}});
    stage.add("b", 100);
    walk(stage,
         {{10, {}, "a", "a signing, b new"},
          {11, {{"b", look(Sight::Absent)}}, "a", "a signing, b waiting"},
          {12, {{"b", look(Sight::Ours, 3)}}, "a", "a signing, b waiting"},
          {14, {{"b", look(Sight::Ours, 3)}}, "a", "a signing, b waiting"},
          {15, {}, "a", "a signing, b proven"},
          {99, {}, "a", "a signing, b proven"},
          {100, {}, "b", "a retiring, b signing"}});
    EXPECT_EQ(stage.lives.at("a").signed_until, at(100));
    EXPECT_EQ(stage.lives.at("b").signs_from, at(100));
    stage.lives.at("a").left = at(110);
    walk(stage,
         {{133, {}, "b", "a retiring, b signing"}, {134, {}, "b", "a removable, b signing"}});
    stage.remove("a");
    const int forgotten = 134 + 30 * 24;
    walk(stage,
         {{135, {}, "b", "b signing, a removable"},
          {forgotten, {}, "b", "b signing, a removable"},
          {forgotten + 1, {}, "b", "b signing"}});
    EXPECT_FALSE(stage.lives.contains("a"));
}

TEST(Rotation, ASecondWaitsADayAtMost) {
    RotationStage stage;
    stage.add("a");
    stage.prove_all();
    stage.add("b");
    walk(stage,
         {{10, {{"b", look(Sight::Ours, 1000)}}, "a", "a signing, b waiting"},
          {33, {}, "a", "a signing, b waiting"},
          {34, {}, "b", "a retiring, b signing"}});
}

TEST(Rotation, ASecondWaitsUntilTheNegativeTtlIsKnown) {
    RotationStage stage;
    stage.add("a");
    stage.prove_all();
    stage.add("b");
    walk(stage,
         {{10, {{"b", look(Sight::Ours)}}, "a", "a signing, b waiting"},
          {500, {{"b", look(Sight::Ours)}}, "a", "a signing, b waiting"},
          // It counts from when the record was first seen.
          {501, {{"b", look(Sight::Ours, 2)}}, "b", "a retiring, b signing"}});
}

TEST(Rotation, TheTermOnceKnownStays) {
    RotationStage stage;
    stage.add("a");
    stage.prove_all();
    stage.add("b");
    stage.step(10, {{"b", look(Sight::Ours, 2)}});
    stage.step(11, {{"b", look(Sight::Ours, 20)}});
    stage.step(11, {{"b", look(Sight::Ours)}});
    EXPECT_EQ(stage.signing(12), "b");
}

TEST(Rotation, ARecordThatWentAndCameWaitsAnew) {
    RotationStage stage;
    stage.add("a");
    stage.prove_all();
    stage.add("b");
    walk(stage,
         {{10, {{"b", look(Sight::Ours, 4)}}, "a", "a signing, b waiting"},
          {12, {{"b", look(Sight::Disagreed, 4)}}, "a", "a signing, b waiting"},
          {13, {{"b", look(Sight::Ours, 4)}}, "a", "a signing, b waiting"},
          {16, {}, "a", "a signing, b waiting"},
          {17, {}, "b", "a retiring, b signing"}});
}

TEST(Rotation, AWaitingOneStepsInAtOnceWhenTheFirstIsWithdrawn) {
    for (const Sight gone : {Sight::Absent, Sight::Different, Sight::Revoked, Sight::Disagreed}) {
        RotationStage stage;
        stage.add("a");
        stage.prove_all();
        stage.add("b");
        stage.step(10, {{"b", look(Sight::Ours, 20)}});
        EXPECT_EQ(stage.signing(11), "a");
        stage.step(11, {{"a", look(gone)}});
        EXPECT_EQ(stage.signing(11), "b") << dkim::name_of(gone);
        EXPECT_EQ(stage.states(11), "a withdrawn, b signing");
    }
}

TEST(Rotation, OneSeenInTheStepInWhichTheFirstGoesStepsInToo) {
    RotationStage stage;
    stage.add("a");
    stage.prove_all();
    stage.add("b");
    walk(stage,
         {{10,
           {{"a", look(Sight::Absent, 20)}, {"b", look(Sight::Ours, 20)}},
           "b",
           "a withdrawn, b signing"}});
}

TEST(Rotation, TwoSeenForTheFirstTimeInOneStepAreBothProvenAtOnce) {
    RotationStage stage;
    stage.add("r");
    stage.add("e", {}, {}, KeyType::Ed25519);
    stage.add("later", 50);
    walk(stage,
         {{1,
           {{"r", look(Sight::Ours, 20)},
            {"e", look(Sight::Ours)},
            {"later", look(Sight::Ours, 20)}},
           "r e",
           "r signing, e signing, later proven"},
          {50, {}, "later e", "r retiring, e signing, later signing"}});
}

TEST(Rotation, NoAnswerChangesNothing) {
    RotationStage stage;
    stage.add("a");
    stage.add("b");
    stage.add("c");
    stage.step(0, {{"a", look(Sight::Ours, 5)}});
    stage.step(1, {{"b", look(Sight::Ours, 5)}, {"c", look(Sight::Different, 5)}});
    const auto before = stage.lives;
    stage.step(2, {{"a", look(Sight::Unseen, 1)}, {"b", look(Sight::Unseen, 1)}});
    stage.step(3, {{"c", look(Sight::Unseen)}, {"stranger", look(Sight::Ours)}});
    EXPECT_EQ(stage.lives, before);
}

TEST(Rotation, RollsBackToAnotherProvenOneAtOnce) {
    for (const Sight gone : {Sight::Absent, Sight::Different, Sight::Revoked, Sight::Disagreed}) {
        RotationStage stage;
        stage.add("old");
        stage.add("new");
        stage.prove_all();
        EXPECT_EQ(stage.signing(1), "new");
        stage.step(2, {{"new", look(gone, 5)}});
        EXPECT_EQ(stage.signing(2), "old");
        EXPECT_EQ(stage.lives.at("new").signed_until, at(2));
        // It comes back: it is not trusted before receivers have forgotten its absence.
        stage.step(3, {{"new", look(Sight::Ours, 5)}});
        EXPECT_EQ(stage.signing(7), "old");
        stage.step(8);
        EXPECT_EQ(stage.signing(8), "new");
        EXPECT_FALSE(stage.lives.at("new").signed_until);
        EXPECT_EQ(stage.lives.at("new").signs_from, at(0));
    }
}

TEST(Rotation, HoldsWhenNobodyElseIsProven) {
    struct Case {
        Sight sight;
        const char* signing;
    };
    for (const Case& given : {Case{Sight::Absent, "held: a"},
                              Case{Sight::Disagreed, "held: a"},
                              // Known to be wrong: nothing is signed with it, not even to be held.
                              Case{Sight::Different, "held:"},
                              Case{Sight::Revoked, "held:"}}) {
        RotationStage stage;
        stage.add("a");
        stage.prove_all();
        stage.step(5, {{"a", look(given.sight)}});
        EXPECT_EQ(stage.signing(5), given.signing);
        EXPECT_EQ(stage.states(5), "a withdrawn");
        EXPECT_EQ(stage.lives.at("a").signed_until, at(5));
        stage.step(6, {{"a", look(Sight::Ours, 20)}});
        EXPECT_EQ(stage.signing(6), "a");
        EXPECT_FALSE(stage.lives.at("a").signed_until);
    }
}

TEST(Rotation, OneProvenBeforeItsTimeDoesNotMakeAnotherWait) {
    RotationStage stage;
    stage.add("a", 0);
    stage.add("next", 50);
    stage.step(1, {{"next", look(Sight::Ours, 20)}});
    EXPECT_EQ(stage.signing(1), "held: a");
    EXPECT_EQ(stage.states(1), "a new, next proven");
    stage.step(2, {{"a", look(Sight::Ours, 20)}});
    EXPECT_EQ(stage.signing(2), "a");
}

TEST(Rotation, AnUnprovenSuccessorDoesNotTakeOver) {
    RotationStage stage;
    stage.add("a", 0, 10);
    stage.prove_all();
    stage.add("b", 5);
    stage.step(20, {{"b", look(Sight::Absent)}});
    EXPECT_EQ(stage.signing(20), "a");
    EXPECT_FALSE(stage.lives.at("a").signed_until);
}

TEST(Rotation, AnotherKeyUnderTheNameBeginsAnew) {
    RotationStage stage;
    stage.add("a");
    stage.prove_all();
    stage.entry("a").key_id = "replaced";
    EXPECT_EQ(stage.signing(1), "held: a");  // even before anybody looks
    EXPECT_FALSE(stage.may_leave("a", 1));
    stage.step(1);
    EXPECT_EQ(stage.states(1), "a new");
    EXPECT_EQ(stage.lives.at("a"), [] {
        dkim::Life fresh;
        fresh.key = "replaced";
        return fresh;
    }());
}

TEST(Rotation, AKeyFileThatCannotBeUsedStopsNobodysLife) {
    RotationStage stage;
    stage.add("a");
    stage.add("b");
    stage.prove_all();
    const auto before = stage.lives;
    stage.spoil("a");
    stage.step(1);
    EXPECT_EQ(stage.signing(1), "");
    EXPECT_EQ(stage.lives, before);
}

TEST(Rotation, ASelectorThatLeavesRetiresOrIsForgotten) {
    RotationStage stage;
    stage.add("a");
    stage.add("b");
    stage.add("never");
    stage.prove_all();
    stage.remove("never");
    stage.entry("b").selector.sign_from = at(99);
    stage.step(1);
    stage.step(99);
    EXPECT_EQ(stage.signing(99), "b");
    stage.remove("a");
    stage.remove("b");
    stage.step(100);
    EXPECT_EQ(stage.states(100), "a retiring, b retiring, never retiring");
    EXPECT_EQ(stage.lives.at("never").signed_until, at(1));
    EXPECT_EQ(stage.lives.at("b").signed_until, at(100));
    // Without a sign that what they signed has left, they stay.
    stage.step(100 + 24 * 400);
    EXPECT_EQ(stage.lives.size(), 3U);
}

TEST(Rotation, WhatNeverSignedIsForgottenAtOnce) {
    RotationStage stage;
    stage.add("a");
    stage.prove_all();
    stage.add("b", 50);
    stage.step(1, {{"b", look(Sight::Ours, 1)}});
    stage.remove("b");
    stage.step(2);
    EXPECT_FALSE(stage.lives.contains("b"));
}

TEST(Rotation, ARemovedDomainRetiresAndIsForgotten) {
    RotationStage stage;
    stage.add("a");
    stage.prove_all();
    dkim::KeyRing::DomainKeys gone;
    gone.name = stage.keys.name;
    stage.keys = gone;
    stage.step(5);
    EXPECT_EQ(stage.signing(5), "");
    EXPECT_EQ(stage.states(5), "a retiring");
    stage.lives.at("a").left = at(6);
    stage.step(6 + 24 + 30 * 24);
    EXPECT_EQ(stage.lives.size(), 1U);
    stage.step(6 + 24 + 30 * 24 + 1);
    EXPECT_TRUE(stage.lives.empty());
}

TEST(Rotation, OneThatSignsAgainHasNotLeft) {
    RotationStage stage;
    stage.add("a");
    stage.add("b");
    stage.prove_all();
    stage.step(1, {{"b", look(Sight::Absent)}});
    stage.step(2, {{"b", look(Sight::Ours, 0)}});
    EXPECT_EQ(stage.lives.at("a").signed_until, at(2));
    stage.lives.at("a").left = at(3);
    stage.step(4, {{"b", look(Sight::Revoked)}});
    EXPECT_EQ(stage.signing(4), "a");
    EXPECT_FALSE(stage.lives.at("a").signed_until);
    EXPECT_FALSE(stage.lives.at("a").left);
}

TEST(Rotation, KeyTypesRollByThemselves) {
    RotationStage stage;
    stage.add("r1");
    stage.add("e1", {}, {}, KeyType::Ed25519);
    stage.prove_all();
    stage.add("e2", {}, {}, KeyType::Ed25519);
    walk(stage,
         {{1, {{"e2", look(Sight::Ours, 2)}}, "r1 e1", "r1 signing, e1 signing, e2 waiting"},
          {3, {}, "r1 e2", "r1 signing, e1 retiring, e2 signing"},
          {4, {{"r1", look(Sight::Absent)}}, "e2", "r1 withdrawn, e1 retiring, e2 signing"},
          {5, {{"e2", look(Sight::Revoked)}}, "e1", "r1 withdrawn, e1 signing, e2 withdrawn"}});
}

TEST(Rotation, OneThatAPersonRetiredSignsNoMore) {
    for (const Prove prove : {Prove::Required, Prove::Warn, Prove::Off}) {
        RotationStage stage(prove);
        stage.add("a");
        stage.add("b");
        stage.prove_all();
        stage.lives.at("b").retired = at(1);
        stage.step(1);
        EXPECT_EQ(stage.signing(1), "a");
        EXPECT_EQ(stage.lives.at("b").signed_until, at(1));
        stage.lives.at("a").retired = at(2);
        EXPECT_EQ(stage.choice(2).signing.size(), 0U);
        EXPECT_EQ(stage.choice(2).fit, prove == Prove::Off);
    }
}

// prove = "warn" and "off"

TEST(Rotation, WarnPrefersTheProvenAndTakesAnyThatIsNotWrong) {
    RotationStage stage(Prove::Warn);
    stage.add("a");
    stage.add("b");
    walk(stage,
         {{0, {}, "b", "a new, b signing"},
          {1, {{"b", look(Sight::Absent)}}, "b", "a new, b signing"},
          {2, {{"a", look(Sight::Ours, 9)}}, "a", "a signing, b withdrawn"},
          {3, {{"a", look(Sight::Different)}}, "b", "a withdrawn, b signing"},
          {4, {{"b", look(Sight::Revoked)}}, "held:", "a withdrawn, b withdrawn"},
          {5, {{"b", look(Sight::Disagreed)}}, "b", "a withdrawn, b signing"}});
}

TEST(Rotation, OffGoesByTheDatesWhateverIsSeen) {
    RotationStage stage(Prove::Off);
    stage.add("a");
    stage.add("b", 10);
    walk(stage,
         {{0, {}, "a", "a signing, b new"},
          {1, {{"a", look(Sight::Revoked)}}, "a", "a signing, b new"},
          {10, {{"b", look(Sight::Different)}}, "b", "a retiring, b signing"}});
}

}  // namespace
