#include "queue/retry_policy.h"

#include <gtest/gtest.h>

namespace queue {
namespace {

using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;

conf::Queue queue_of(std::vector<Duration> retry) {
    conf::Queue queue;
    queue.retry = std::move(retry);
    return queue;
}

const Instant kNow = Instant(std::chrono::sys_days(std::chrono::year{2026} / std::chrono::May / 4));

TEST(RetryPolicy, FollowsTheListAndRepeatsItsEnd) {
    const RetryPolicy policy(queue_of({minutes(1), minutes(5), hours(4)}));
    EXPECT_EQ(policy.next(1, kNow, 0.5), kNow + minutes(1));
    EXPECT_EQ(policy.next(2, kNow, 0.5), kNow + minutes(5));
    EXPECT_EQ(policy.next(3, kNow, 0.5), kNow + hours(4));
    EXPECT_EQ(policy.next(4, kNow, 0.5), kNow + hours(4));
    EXPECT_EQ(policy.next(1000000, kNow, 0.5), kNow + hours(4));
}

TEST(RetryPolicy, JittersByTenPercentAtMost) {
    const RetryPolicy policy(queue_of({minutes(10)}));
    EXPECT_EQ(policy.next(1, kNow, 0.0), kNow + minutes(9));
    EXPECT_EQ(policy.next(1, kNow, 0.25), kNow + minutes(9) + seconds(30));
    EXPECT_LE(policy.next(1, kNow, 0.999999), kNow + minutes(11));
    EXPECT_GT(policy.next(1, kNow, 0.999999), kNow + minutes(10) + seconds(59));
}

TEST(RetryPolicy, WaitsHalfAnHourWithoutAList) {
    EXPECT_EQ(RetryPolicy(queue_of({})).next(3, kNow, 0.5), kNow + minutes(30));
}

TEST(RetryPolicy, GivesUpAfterTheConfiguredTime) {
    conf::Queue queue = queue_of({minutes(1)});
    EXPECT_EQ(RetryPolicy(queue).expires(kNow), kNow + hours(24 * 4));
    queue.expire_after = seconds(2);
    EXPECT_EQ(RetryPolicy(queue).expires(kNow), kNow + seconds(2));
}

}  // namespace
}  // namespace queue
