// MemoryBudget: how much memory the messages that are being received may take, all together.
//
// A message reserves what it needs before its first octet is read and keeps it until it is in the
// store, so nobody who has begun ever waits for memory that others hold half-way. Whoever finds
// none waits its turn, in the order of asking, and then hears 452.
//
// Threads: safe; a short lock. reserve() resumes on the loop that it was called on.
// Stopping: stop() ends every wait without a reservation.
#pragma once

#include <cstddef>
#include <deque>
#include <memory>
#include <mutex>
#include <utility>

#include "conf/config.h"
#include "relay/net/loop.h"

namespace relay {

class MemoryBudget {
public:
    explicit MemoryBudget(std::size_t octets) : limit_(octets) {}

    /// Gives its octets back when destroyed. An empty one holds nothing.
    class Reservation {
    public:
        Reservation() = default;
        Reservation(Reservation&& other) noexcept
            : budget_(std::exchange(other.budget_, nullptr)),
              octets_(std::exchange(other.octets_, 0)) {}
        Reservation& operator=(Reservation&& other) noexcept {
            std::swap(budget_, other.budget_);
            std::swap(octets_, other.octets_);
            return *this;
        }
        ~Reservation() {
            if (budget_ != nullptr) {
                budget_->give_back(octets_);
            }
        }
        explicit operator bool() const { return budget_ != nullptr; }
        /// Takes more, at once or not at all.
        bool grow(std::size_t octets);

    private:
        friend class MemoryBudget;
        Reservation(MemoryBudget* budget, std::size_t octets) : budget_(budget), octets_(octets) {}

        MemoryBudget* budget_ = nullptr;
        std::size_t octets_ = 0;
    };

    /// Empty when there is no room at once.
    Reservation try_reserve(std::size_t octets);
    /// Empty when there was no room within `patience`.
    net::Task<Reservation> reserve(net::Loop& loop, std::size_t octets, conf::Duration patience);

    void reconfigure(std::size_t octets);
    void stop();
    [[nodiscard]] std::size_t used() const;
    [[nodiscard]] std::size_t limit() const;

private:
    struct Waiter {
        Waiter(net::Loop& on, std::size_t wanted)
            : loop(on), octets(wanted), timer(on.executor()) {}
        net::Loop& loop;
        std::size_t octets;
        net::Timer timer;  // on `loop`
        bool granted = false;
    };

    bool take(std::size_t octets);
    void give_back(std::size_t octets);
    void grant();

    mutable std::mutex mutex_;
    std::size_t limit_;
    std::size_t used_ = 0;
    std::deque<std::shared_ptr<Waiter>> waiting_;
    bool stopped_ = false;
};

}  // namespace relay
