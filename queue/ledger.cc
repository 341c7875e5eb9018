#include "queue/ledger.h"

#include <algorithm>

namespace queue {
namespace {

std::uint64_t moved(std::uint64_t count, std::int64_t by) {
    return count + static_cast<std::uint64_t>(by);  // modulo 2^64, so a negative `by` subtracts
}

}  // namespace

void Tally::move(Lane lane, std::int64_t messages, std::int64_t size) {
    switch (lane) {
        case Lane::Active:
            active += messages;
            break;
        case Lane::Waiting:
            waiting += messages;
            break;
        case Lane::Held:
            held += messages;
            break;
    }
    octets += size;
}

void Ledger::apply(const Tally& tally) {
    const std::lock_guard lock(mutex_);
    totals_.waiting = moved(totals_.waiting, tally.waiting);
    totals_.active = moved(totals_.active, tally.active);
    totals_.held = moved(totals_.held, tally.held);
    totals_.octets = moved(totals_.octets, tally.octets);
    last_ = std::max(last_, tally.highest);
}

Totals Ledger::totals() const {
    const std::lock_guard lock(mutex_);
    return totals_;
}

MessageId Ledger::last() const {
    const std::lock_guard lock(mutex_);
    return last_;
}

}  // namespace queue
