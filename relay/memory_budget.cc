#include "relay/memory_budget.h"

#include <algorithm>
#include <utility>

#include <boost/asio/post.hpp>

namespace relay {

namespace {

/// The wait ends on its own loop; the timer may be used there only.
template <class Waiter>
void wake(const std::shared_ptr<Waiter>& waiter) {
    boost::asio::post(waiter->loop.context(), [waiter] { waiter->timer.cancel(); });
}

}  // namespace

bool MemoryBudget::Reservation::grow(std::size_t octets) {
    const std::lock_guard lock(budget_->mutex_);
    // Those who wait for their first octet come before those who could do with less.
    if (!budget_->waiting_.empty() || !budget_->take(octets)) {
        return false;
    }
    octets_ += octets;
    return true;
}

bool MemoryBudget::take(std::size_t octets) {
    // One message is always let in, however small the budget was made.
    if (used_ > 0 && used_ + octets > limit_) {
        return false;
    }
    used_ += octets;
    return true;
}

MemoryBudget::Reservation MemoryBudget::try_reserve(std::size_t octets) {
    const std::lock_guard lock(mutex_);
    return waiting_.empty() && take(octets) ? Reservation(this, octets) : Reservation();
}

net::Task<MemoryBudget::Reservation> MemoryBudget::reserve(net::Loop& loop,
                                                           std::size_t octets,
                                                           conf::Duration patience) {
    std::shared_ptr<Waiter> waiter;
    {
        const std::lock_guard lock(mutex_);
        if (stopped_) {
            co_return Reservation();
        }
        if (waiting_.empty() && take(octets)) {
            co_return Reservation(this, octets);
        }
        waiter = std::make_shared<Waiter>(loop, octets);
        // Before anybody can cancel it.
        waiter->timer.expires_after(patience);
        waiting_.push_back(waiter);
    }
    auto [ec] = co_await waiter->timer.async_wait(net::kAsTuple);
    (void)ec;
    const std::lock_guard lock(mutex_);
    if (waiter->granted) {
        co_return Reservation(this, octets);
    }
    waiting_.erase(std::remove(waiting_.begin(), waiting_.end(), waiter), waiting_.end());
    co_return Reservation();
}

void MemoryBudget::give_back(std::size_t octets) {
    const std::lock_guard lock(mutex_);
    used_ -= octets;
    grant();
}

void MemoryBudget::grant() {
    while (!waiting_.empty() && take(waiting_.front()->octets)) {
        waiting_.front()->granted = true;
        wake(waiting_.front());
        waiting_.pop_front();
    }
}

void MemoryBudget::reconfigure(std::size_t octets) {
    const std::lock_guard lock(mutex_);
    limit_ = octets;
    grant();
}

void MemoryBudget::stop() {
    const std::lock_guard lock(mutex_);
    stopped_ = true;
    for (const auto& waiter : waiting_) {
        wake(waiter);
    }
    waiting_.clear();
}

std::size_t MemoryBudget::used() const {
    const std::lock_guard lock(mutex_);
    return used_;
}

std::size_t MemoryBudget::limit() const {
    const std::lock_guard lock(mutex_);
    return limit_;
}

}  // namespace relay
