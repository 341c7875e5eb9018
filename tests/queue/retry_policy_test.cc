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

Outcome deferred(const std::string& text, bool remote = true) {
    Outcome outcome;
    outcome.text = text;
    outcome.remote = remote;
    return outcome;
}

const Outcome kLost = deferred("connection lost", false);
const Outcome kGreylisted = deferred("450 4.2.0 Greylisted, see you in 300 seconds");

TEST(RetryPolicy, FollowsTheListAndRepeatsItsEnd) {
    const RetryPolicy policy(queue_of({minutes(1), minutes(5), hours(4)}));
    EXPECT_EQ(policy.next(1, kLost, kNow, 0.5), kNow + minutes(1));
    EXPECT_EQ(policy.next(2, kLost, kNow, 0.5), kNow + minutes(5));
    EXPECT_EQ(policy.next(3, kLost, kNow, 0.5), kNow + hours(4));
    EXPECT_EQ(policy.next(4, kLost, kNow, 0.5), kNow + hours(4));
    EXPECT_EQ(policy.next(1000000, kLost, kNow, 0.5), kNow + hours(4));
}

TEST(RetryPolicy, JittersByTenPercentAtMost) {
    const RetryPolicy policy(queue_of({minutes(10)}));
    EXPECT_EQ(policy.next(1, kLost, kNow, 0.0), kNow + minutes(9));
    EXPECT_EQ(policy.next(1, kLost, kNow, 0.25), kNow + minutes(9) + seconds(30));
    EXPECT_LE(policy.next(1, kLost, kNow, 0.999999), kNow + minutes(11));
    EXPECT_GT(policy.next(1, kLost, kNow, 0.999999), kNow + minutes(10) + seconds(59));
}

TEST(RetryPolicy, WaitsHalfAnHourWithoutAList) {
    EXPECT_EQ(RetryPolicy(queue_of({})).next(3, kLost, kNow, 0.5), kNow + minutes(30));
}

TEST(RetryPolicy, GivesUpAfterTheConfiguredTime) {
    conf::Queue queue = queue_of({minutes(1)});
    EXPECT_EQ(RetryPolicy(queue).expires(kNow), kNow + hours(24 * 4));
    queue.expire_after = seconds(2);
    EXPECT_EQ(RetryPolicy(queue).expires(kNow), kNow + seconds(2));
}

TEST(RetryPolicy, ComesBackSoonAfterGreylisting) {
    const RetryPolicy policy(queue_of({minutes(30), hours(1), hours(4)}));
    EXPECT_EQ(policy.next(1, kGreylisted, kNow, 0.5), kNow + minutes(1));
    EXPECT_EQ(policy.next(2, kGreylisted, kNow, 0.5), kNow + minutes(5));
    EXPECT_EQ(policy.next(3, kGreylisted, kNow, 0.5), kNow + hours(4));
    EXPECT_EQ(policy.next(1, kGreylisted, kNow, 0), kNow + seconds(54)) << "with jitter";
    EXPECT_EQ(policy.next(1, deferred("451 4.7.1 try again later"), kNow, 0.5), kNow + minutes(1));
}

TEST(RetryPolicy, NeverWaitsLongerAfterGreylisting) {
    const RetryPolicy policy(queue_of({seconds(1), seconds(2)}));
    EXPECT_EQ(policy.next(1, kGreylisted, kNow, 0.5), kNow + seconds(1));
    EXPECT_EQ(policy.next(2, kGreylisted, kNow, 0.5), kNow + seconds(2));
}

TEST(RetryPolicy, KnowsGreylistingByTheReply) {
    const RetryPolicy policy(queue_of({minutes(30)}));
    for (const auto& other : {kLost,
                              deferred("450 was said of it", false),
                              deferred("421 4.3.2 closing"),
                              deferred("452 4.2.2 mailbox full"),
                              deferred("454 4.7.0 no TLS"),
                              deferred("")}) {
        EXPECT_EQ(policy.next(1, other, kNow, 0.5), kNow + minutes(30)) << other.text;
    }
}

TEST(RetryPolicy, KnowsItsLongestWait) {
    const RetryPolicy policy(queue_of({minutes(10), hours(1), minutes(30)}));
    EXPECT_EQ(policy.longest(), minutes(66));
    EXPECT_LE(policy.next(2, kLost, kNow, 0.999999), kNow + policy.longest());
}

TEST(RetryPolicy, WarnsOnceTheConfiguredTimeHasPassed) {
    conf::Queue queue = queue_of({minutes(1)});
    EXPECT_EQ(RetryPolicy(queue).warns(kNow), kNow + hours(4));
    queue.delay_warning = seconds(0);
    EXPECT_EQ(RetryPolicy(queue).warns(kNow), Instant::max());
    queue.delay_warning = queue.expire_after;
    EXPECT_EQ(RetryPolicy(queue).warns(kNow), Instant::max()) << "expiry tells it";
}

}  // namespace
}  // namespace queue
