#include "relay/report_limit.h"

#include <gtest/gtest.h>

namespace {

using namespace std::chrono_literals;
using relay::ReportLimit;

const queue::Instant kNow{std::chrono::hours(24 * 365 * 56)};
const std::string kSender = "app@example.com";

TEST(ReportLimit, GivesAHundredInAnyHour) {
    ReportLimit limit;
    for (int i = 0; i < 100; ++i) {
        EXPECT_TRUE(limit.admit(kSender, kNow + i * 6s));
    }
    EXPECT_FALSE(limit.admit(kSender, kNow + 10min));
    EXPECT_FALSE(limit.admit(kSender, kNow + 1h - 1ms));
    EXPECT_TRUE(limit.admit(kSender, kNow + 1h)) << "the first is an hour old";
    EXPECT_FALSE(limit.admit(kSender, kNow + 1h));
    EXPECT_TRUE(limit.admit(kSender, kNow + 1h + 6s));
}

TEST(ReportLimit, CountsEachSenderAlone) {
    ReportLimit limit;
    for (int i = 0; i < 101; ++i) {
        limit.admit(kSender, kNow);
    }
    EXPECT_FALSE(limit.admit(kSender, kNow));
    EXPECT_TRUE(limit.admit("other@example.com", kNow));
}

TEST(ReportLimit, GivesTheRoomBackOfAReportThatWasNotMade) {
    ReportLimit limit;
    for (int i = 0; i < 100; ++i) {
        limit.admit(kSender, kNow);
    }
    limit.take_back(kSender);
    EXPECT_TRUE(limit.admit(kSender, kNow));
    EXPECT_FALSE(limit.admit(kSender, kNow));
    limit.take_back("nobody@example.com");
}

TEST(ReportLimit, SpreadsWhatItPutsOffOverAnHour) {
    ReportLimit limit;
    for (int i = 0; i < 100; ++i) {
        limit.admit(kSender, kNow);
    }
    const auto later = kNow + 30min;
    std::vector<queue::Instant> times;
    for (int i = 0; i < 200; ++i) {
        times.push_back(limit.put_off(kSender, later));
        EXPECT_GE(times.back(), kNow + 1h) << "no room before";
        EXPECT_LE(times.back(), later + 1h);
    }
    EXPECT_EQ(times[0], kNow + 1h);
    EXPECT_EQ(times[1], kNow + 1h + 36s);
    EXPECT_EQ(times[51], kNow + 1h) << "from the beginning again";
}

TEST(ReportLimit, ForgetsTheSenderThatWasQuietLongest) {
    ReportLimit limit;
    for (int i = 0; i < 100; ++i) {
        limit.admit("first@example.com", kNow);
        limit.admit("second@example.com", kNow);
    }
    for (std::size_t i = 0; i < ReportLimit::kSenders - 2; ++i) {
        limit.admit(std::to_string(i), kNow);
    }
    EXPECT_FALSE(limit.admit("first@example.com", kNow));
    limit.admit("one more", kNow);
    EXPECT_EQ(limit.senders(), ReportLimit::kSenders);
    EXPECT_FALSE(limit.admit("first@example.com", kNow));
    EXPECT_TRUE(limit.admit("second@example.com", kNow));
}

}  // namespace
