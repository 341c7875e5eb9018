#include "dkim/retire.h"

#include <gtest/gtest.h>

#include "dkim/errors.h"
#include "tests/dkim/rotation_stage.h"

namespace {

using conf::Prove;
using dkim::KeyType;
using dkim::Sight;
using test::at;
using test::look;
using test::RotationStage;

/// Does it, or says the error.
std::string retire(RotationStage& stage, const char* selector, int hour) {
    auto lives = dkim::retire(stage.keys, stage.lives, selector, stage.rules, at(hour));
    if (!lives) {
        EXPECT_EQ(lives.error().code.category(), dkim::category());
        return lives.error().code == dkim::errc::NoSelector    ? "no selector"
               : lives.error().code == dkim::errc::NoSuccessor ? "no successor"
                                                               : "?";
    }
    stage.lives = std::move(*lives);
    return "retired";
}

TEST(Retire, LetsAnotherSignAtOnce) {
    RotationStage stage;
    stage.add("a");
    stage.add("b");
    stage.prove_all();
    EXPECT_EQ(retire(stage, "b", 5), "retired");
    EXPECT_EQ(stage.signing(5), "a");
    EXPECT_EQ(stage.states(5), "a signing, b retiring");
    EXPECT_EQ(stage.lives.at("b").retired, at(5));
    EXPECT_EQ(stage.lives.at("b").signed_until, at(5));
    EXPECT_TRUE(stage.may_leave("b", 5));
    stage.lives.at("b").left = at(6);
    EXPECT_EQ(stage.states(30), "a signing, b removable");
}

TEST(Retire, RefusesTheLastOneThatCouldSign) {
    RotationStage stage;
    stage.add("a");
    stage.prove_all();
    const auto before = stage.lives;
    EXPECT_EQ(retire(stage, "a", 5), "no successor");
    stage.add("b");
    EXPECT_EQ(retire(stage, "a", 5), "no successor");
    stage.step(6, {{"b", look(Sight::Absent)}});
    EXPECT_EQ(retire(stage, "a", 6), "no successor");
    EXPECT_EQ(stage.lives.at("a"), before.at("a"));
    EXPECT_EQ(stage.signing(6), "a");
}

TEST(Retire, AsksForAnotherOfAnyKeyType) {
    RotationStage stage;
    stage.add("r");
    stage.add("e", {}, {}, KeyType::Ed25519);
    stage.prove_all();
    EXPECT_EQ(retire(stage, "r", 1), "retired");
    EXPECT_EQ(stage.signing(1), "e");
    EXPECT_EQ(retire(stage, "e", 1), "no successor");
}

TEST(Retire, TakesOneOutThatDoesNotSign) {
    RotationStage stage;
    stage.add("a");
    stage.prove_all();
    stage.add("b", 99);
    stage.step(1);
    EXPECT_EQ(retire(stage, "b", 1), "retired");
    EXPECT_EQ(stage.signing(1), "a");
    // It never signed, so nothing on its way needs its record.
    EXPECT_EQ(stage.states(1), "a signing, b removable");
    stage.prove_all(2);
    EXPECT_EQ(stage.signing(100), "a");
}

TEST(Retire, TwiceIsOnce) {
    RotationStage stage;
    stage.add("a");
    stage.add("b");
    stage.prove_all();
    EXPECT_EQ(retire(stage, "b", 5), "retired");
    const auto lives = stage.lives;
    EXPECT_EQ(retire(stage, "b", 9), "retired");
    EXPECT_EQ(stage.lives, lives);
}

TEST(Retire, KnowsOnlyWhatIsConfigured) {
    RotationStage stage;
    stage.add("a");
    stage.add("b");
    stage.prove_all();
    EXPECT_EQ(retire(stage, "c", 1), "no selector");
    EXPECT_EQ(retire(stage, "", 1), "no selector");
    stage.remove("b");
    EXPECT_EQ(retire(stage, "b", 1), "no selector");
}

TEST(Retire, OfAnUnprovenOneIsRefusedWhileItIsAllThereIs) {
    RotationStage stage;
    stage.add("a");
    EXPECT_EQ(retire(stage, "a", 0), "no successor");
    stage.step(1, {{"a", look(Sight::Revoked)}});
    EXPECT_EQ(retire(stage, "a", 1), "retired");  // it could not have signed anyway
}

TEST(Retire, NeedsNoProofOfTheOtherWhereNoneIsWanted) {
    for (const Prove prove : {Prove::Warn, Prove::Off}) {
        RotationStage stage(prove);
        stage.add("a");
        stage.add("b");
        stage.step(0);
        EXPECT_EQ(retire(stage, "b", 1), "retired");
        EXPECT_EQ(stage.signing(1), "a");
        EXPECT_EQ(retire(stage, "a", 1), "no successor");
    }
}

TEST(Retire, OfAnotherKeyUnderTheNameDoesNotCount) {
    RotationStage stage;
    stage.add("a");
    stage.add("b");
    stage.prove_all();
    EXPECT_EQ(retire(stage, "b", 1), "retired");
    stage.entry("b").key_id = "replaced";
    stage.step(2, {{"b", look(Sight::Ours, 1)}});
    EXPECT_FALSE(stage.lives.at("b").retired);
    EXPECT_EQ(stage.signing(3), "b");
}

}  // namespace
