#include "queue/retry_policy.h"

#include <algorithm>
#include <array>
#include <cassert>
#include <cmath>
#include <string_view>

namespace queue {

namespace {

// Greylisting hosts let a sender in that comes back after one to five minutes.
constexpr std::array<Duration, 2> kGreylisted{std::chrono::minutes(1), std::chrono::minutes(5)};

/// RFC 6647: greylisting answers RCPT or DATA, with 450 or 451. NB: which command was answered is
/// not kept. A greeting or EHLO gets other codes (421, 554), and to be back soon after one of these
/// to MAIL does no harm.
bool may_be_greylisting(const Outcome& outcome) {
    const std::string_view text = outcome.text;
    return outcome.kind == Outcome::Kind::Deferred && outcome.remote &&
           (text.starts_with("450") || text.starts_with("451"));
}

}  // namespace

RetryPolicy::RetryPolicy(const conf::Queue& queue)
    : schedule_(queue.retry),
      expire_after_(queue.expire_after),
      delay_warning_(queue.delay_warning) {
    if (schedule_.empty()) {
        // RFC 5321 4.5.4.1: "the retry interval SHOULD be at least 30 minutes"
        schedule_.push_back(std::chrono::minutes(30));
    }
}

Instant RetryPolicy::next(int attempts, const Outcome& last, Instant now, double random) const {
    assert(attempts >= 1 && random >= 0 && random < 1);
    const auto number = static_cast<std::size_t>(attempts) - 1;
    Duration listed = schedule_[std::min(number, schedule_.size() - 1)];
    if (number < kGreylisted.size() && may_be_greylisting(last)) {
        listed = std::min(listed, kGreylisted.at(number));
    }
    // Jitter keeps mail that failed together from coming back together.
    const double factor = 0.9 + 0.2 * random;
    return now + Duration(std::llround(static_cast<double>(listed.count()) * factor));
}

Duration RetryPolicy::longest() const {
    return *std::max_element(schedule_.begin(), schedule_.end()) * 11 / 10;
}

Instant RetryPolicy::warns(Instant accepted) const {
    // At expiry the sender hears of it anyway.
    const bool never = delay_warning_ <= Duration::zero() || delay_warning_ >= expire_after_;
    return never ? Instant::max() : accepted + delay_warning_;
}

Instant RetryPolicy::expires(Instant accepted) const {
    return accepted + expire_after_;
}

}  // namespace queue
