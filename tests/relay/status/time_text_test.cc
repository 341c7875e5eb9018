#include "relay/status/time_text.h"

#include <gtest/gtest.h>

#include "tests/relay/status/made_up.h"

namespace relay::status {
namespace {

using namespace std::chrono_literals;

TEST(TimeText, IsUtcWithMilliseconds) {
    EXPECT_EQ(time_text(kNoon + 7ms), "2026-11-22T12:00:00.007Z");
    EXPECT_EQ(time_text(conf::Instant{}), "1970-01-01T00:00:00.000Z");
}

TEST(TimeText, OfHttpNamesDayAndMonth) {
    EXPECT_EQ(http_date(kNoon), "Sun, 22 Nov 2026 12:00:00 GMT");
    EXPECT_EQ(http_date(conf::Instant{}), "Thu, 01 Jan 1970 00:00:00 GMT");
}

TEST(TimeText, OfAnAgeHasTheTwoLargestUnits) {
    EXPECT_EQ(age_text(0ms), "0s");
    EXPECT_EQ(age_text(-5s), "0s");
    EXPECT_EQ(age_text(999ms), "0s");
    EXPECT_EQ(age_text(59s), "59s");
    EXPECT_EQ(age_text(60s), "1m");
    EXPECT_EQ(age_text(3h + 12min + 5s), "3h12m");
    EXPECT_EQ(age_text(24h + 5s), "1d");
    EXPECT_EQ(age_text(24h * 4 + 2h), "4d2h");
}

}  // namespace
}  // namespace relay::status
