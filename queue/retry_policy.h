// RetryPolicy: when to try a recipient again, and when to give up.
//
// Standards: RFC 5321 4.5.4.1 (retry 30 minutes up on the whole, give up after 4-5 days).
// Threads: immutable. Pure: randomness comes as an argument.
#pragma once

#include <vector>

#include "conf/config.h"
#include "queue/envelope.h"

namespace queue {

class RetryPolicy {
public:
    explicit RetryPolicy(const conf::Queue& queue);

    /// After the `attempts`-th attempt (1 up): the list's entry, the last repeated, with jitter of
    /// at most 10 % either way; `random` is uniform in [0, 1).
    [[nodiscard]] Instant next(int attempts, Instant now, double random) const;
    /// The moment at which an open recipient of a message accepted then is given up.
    [[nodiscard]] Instant expires(Instant accepted) const;

private:
    std::vector<Duration> schedule_;
    Duration expire_after_;
};

}  // namespace queue
