#include "relay/step_size.h"

#include <gtest/gtest.h>

namespace {

using namespace std::chrono_literals;
using relay::StepSize;

TEST(StepSize, GrowsWhileStepsAreQuick) {
    StepSize size;
    EXPECT_EQ(size.messages(), StepSize::kFirst);
    size.took(2ms);
    EXPECT_EQ(size.messages(), 2 * StepSize::kFirst);
    for (int i = 0; i < 10; ++i) {
        size.took(0ms);
    }
    EXPECT_EQ(size.messages(), StepSize::kMost);
}

TEST(StepSize, FallsWhereTheyAreSlowAndNeverToNothing) {
    StepSize size;
    size.took(30ms);
    EXPECT_EQ(size.messages(), StepSize::kFirst / 2);
    for (int i = 0; i < 10; ++i) {
        size.took(1s);
    }
    EXPECT_EQ(size.messages(), StepSize::kLeast);
}

TEST(StepSize, StaysWhereItIsRight) {
    StepSize size;
    size.took(20ms);
    EXPECT_EQ(size.messages(), StepSize::kFirst);
}

}  // namespace
