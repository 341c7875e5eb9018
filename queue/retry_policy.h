// RetryPolicy: when to try a recipient again, when to tell the sender that it takes longer, and
// when to give up.
//
// Standards: RFC 5321 4.5.4.1 (retry 30 minutes up on the whole, give up after 4-5 days), RFC 6647
//   (greylisting: a 4yz reply to who is not known yet, gone a few minutes later).
// Threads: immutable. Pure: randomness comes as an argument.
#pragma once

#include <vector>

#include "conf/config.h"
#include "queue/envelope.h"

namespace queue {

class RetryPolicy {
public:
    explicit RetryPolicy(const conf::Queue& queue);

    /// After the `attempts`-th attempt (1 up), which ended in `last`: the list's entry, the last
    /// repeated, with jitter of at most 10 % either way; `random` is uniform in [0, 1). After what
    /// may be greylisting the first waits are a minute and five at most.
    [[nodiscard]] Instant next(int attempts, const Outcome& last, Instant now, double random) const;
    /// No wait of next() is longer.
    [[nodiscard]] Duration longest() const;
    /// The moment from which the sender of a message accepted then is told that it still waits;
    /// Instant::max() for never.
    [[nodiscard]] Instant warns(Instant accepted) const;
    /// The moment at which an open recipient of a message accepted then is given up.
    [[nodiscard]] Instant expires(Instant accepted) const;

private:
    std::vector<Duration> schedule_;
    Duration expire_after_;
    Duration delay_warning_;
};

}  // namespace queue
