// Ledger: how many messages and octets the store holds, counted as commits change it; nobody
// scans for a total.
//
// Threads: any; the counts of one commit change in one step.
// Errors: none.
#pragma once

#include <cstdint>
#include <mutex>

#include "queue/lane.h"
#include "queue/store.h"

namespace queue {

/// What one commit changes.
struct Tally {
    std::int64_t waiting = 0, active = 0, held = 0, octets = 0;
    MessageId highest;  // of the inserted

    void add(Lane lane, std::int64_t size) { move(lane, 1, size); }
    void remove(Lane lane, std::int64_t size) { move(lane, -1, -size); }

private:
    void move(Lane lane, std::int64_t messages, std::int64_t size);
};

class Ledger {
public:
    Ledger(const Totals& totals, MessageId last) : totals_(totals), last_(last) {}

    void apply(const Tally& tally);
    /// Without `oldest`.
    [[nodiscard]] Totals totals() const;
    [[nodiscard]] MessageId last() const;

private:
    mutable std::mutex mutex_;
    Totals totals_;
    MessageId last_;
};

}  // namespace queue
