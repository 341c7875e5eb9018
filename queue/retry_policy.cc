#include "queue/retry_policy.h"

#include <algorithm>
#include <cassert>
#include <cmath>

namespace queue {

RetryPolicy::RetryPolicy(const conf::Queue& queue)
    : schedule_(queue.retry), expire_after_(queue.expire_after) {
    if (schedule_.empty()) {
        // RFC 5321 4.5.4.1: "the retry interval SHOULD be at least 30 minutes"
        schedule_.push_back(std::chrono::minutes(30));
    }
}

Instant RetryPolicy::next(int attempts, Instant now, double random) const {
    assert(attempts >= 1 && random >= 0 && random < 1);
    const auto position = std::min(static_cast<std::size_t>(attempts), schedule_.size()) - 1;
    // Jitter keeps mail that failed together from coming back together.
    const double factor = 0.9 + 0.2 * random;
    const auto wait = std::llround(static_cast<double>(schedule_[position].count()) * factor);
    return now + Duration(wait);
}

Instant RetryPolicy::expires(Instant accepted) const {
    return accepted + expire_after_;
}

}  // namespace queue
