#include "queue/outcome.h"

#include <gtest/gtest.h>

namespace queue {
namespace {

TEST(EnhancedStatus, ReadsAndWritesACode) {
    const auto status = EnhancedStatus::parse("5.1.10");
    ASSERT_TRUE(status);
    EXPECT_EQ(*status, (EnhancedStatus{5, 1, 10}));
    EXPECT_EQ(status->text(), "5.1.10");
    EXPECT_EQ((EnhancedStatus{4, 0, 999}).text(), "4.0.999");
}

TEST(EnhancedStatus, TakesTheEndOrWhiteSpaceBehindIt) {
    for (const char* text : {"2.0.0", "2.0.0 ok", "2.0.0\tok", "2.0.0\r\n"}) {
        EXPECT_EQ(EnhancedStatus::parse(text), (EnhancedStatus{2, 0, 0})) << text;
    }
}

TEST(EnhancedStatus, RefusesOtherTexts) {
    for (const char* text : {"",         "5",
                             "5.",       "5.1",
                             "5.1.",     "5.1.1x",
                             "5.1.1.1",  "5..1",
                             "3.1.1",    "1.0.0",
                             "0.0.0",    "55.1.1",
                             "5.1000.1", "5.1.1000",
                             "5.01.1",   "5.1.01",
                             "5.00.0",   " 5.1.1",
                             "5. 1.1",   "-5.1.1",
                             "5.-1.1",   "5.1.99999999999999999999"}) {
        EXPECT_FALSE(EnhancedStatus::parse(text)) << text;
    }
}

}  // namespace
}  // namespace queue
