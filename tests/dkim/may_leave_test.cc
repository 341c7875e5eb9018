// What may leave, and when to look again: the questions that the queue and the keeper ask.
#include <gtest/gtest.h>

#include "dkim/rotation.h"
#include "tests/dkim/rotation_stage.h"

namespace {

using conf::Prove;
using dkim::Sight;
using test::at;
using test::look;
using test::RotationStage;

TEST(MayLeave, NothingThatNobodyLooksAt) {
    for (const Prove prove : {Prove::Required, Prove::Warn, Prove::Off}) {
        RotationStage stage(prove);
        stage.add("a");
        stage.add("b");
        stage.prove_all();
        EXPECT_TRUE(stage.may_leave("a", 1));
        EXPECT_FALSE(stage.may_leave("stranger", 1));
        EXPECT_FALSE(stage.may_leave("", 1));
        stage.remove("a");
        EXPECT_FALSE(stage.may_leave("a", 1));
        stage.spoil("b");
        EXPECT_FALSE(stage.may_leave("b", 1));
    }
}

TEST(MayLeave, FollowsWhatIsSeen) {
    struct Case {
        Sight sight;
        bool required;
        bool warn_alone;   // it is the one that signs
        bool warn_beside;  // another is proven
    };
    for (const Case& given : {Case{Sight::Unseen, false, true, false},
                              Case{Sight::Ours, true, true, true},
                              Case{Sight::Absent, false, true, false},
                              Case{Sight::Different, false, false, false},
                              Case{Sight::Revoked, false, false, false},
                              Case{Sight::Disagreed, false, true, false}}) {
        SCOPED_TRACE(dkim::name_of(given.sight));
        for (const Prove prove : {Prove::Required, Prove::Warn, Prove::Off}) {
            RotationStage stage(prove);
            stage.add("a");
            stage.step(0, {{"a", look(given.sight, 0)}});
            const bool off = prove == Prove::Off;
            const bool warn = prove == Prove::Warn;
            EXPECT_EQ(stage.may_leave("a", 1), off || (warn ? given.warn_alone : given.required));
            stage.add("b");
            stage.step(1, {{"b", look(Sight::Ours, 0)}});
            EXPECT_EQ(stage.may_leave("a", 2), off || (warn ? given.warn_beside : given.required));
        }
    }
}

TEST(MayLeave, WaitsForTheProofToCome) {
    RotationStage stage;
    stage.add("a");
    stage.prove_all();
    stage.add("b");
    stage.step(1, {{"b", look(Sight::Ours, 5)}});
    EXPECT_FALSE(stage.may_leave("b", 5));
    EXPECT_TRUE(stage.may_leave("b", 6));
    stage.entry("a").selector.sign_from = at(99);  // who signs now does not matter
    EXPECT_TRUE(stage.may_leave("a", 6));
}

TEST(MayLeave, WithoutALifeIsTrustedOnlyWhereNoProofIsWanted) {
    for (const Prove prove : {Prove::Required, Prove::Warn, Prove::Off}) {
        RotationStage stage(prove);
        stage.add("a");
        EXPECT_EQ(stage.may_leave("a", 0), prove != Prove::Required);
    }
}

TEST(MayLeave, WhatARetiredOneSignedWhileItsRecordStands) {
    RotationStage stage;
    stage.add("a");
    stage.add("b");
    stage.prove_all();
    stage.lives.at("b").retired = at(1);
    EXPECT_TRUE(stage.may_leave("b", 2));
}

TEST(NextChange, IsTheNextDateProofOrEndOfARetirement) {
    RotationStage stage;
    const auto next = [&](int hour) {
        return dkim::next_change(stage.keys, stage.lives, stage.rules, at(hour));
    };
    EXPECT_EQ(next(0), conf::Instant::max());
    stage.add("a", 10, 90);
    stage.add("b", 30);
    EXPECT_EQ(next(9), at(10));
    EXPECT_EQ(next(10), at(30));  // what is now has come
    EXPECT_EQ(next(30), at(90));
    EXPECT_EQ(next(90), conf::Instant::max());
    stage.prove_all(10);
    stage.add("c");
    stage.step(11, {{"c", look(Sight::Ours, 4)}});
    EXPECT_EQ(next(11), at(15));
    stage.lives.at("a").left = at(3);
    EXPECT_EQ(next(16), at(27));
    EXPECT_EQ(next(27), at(30));
}

}  // namespace
