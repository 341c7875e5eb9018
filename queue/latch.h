// Latch: the reason why the store has stopped for good; the first one stays.
//
// Threads: any.
// Errors: none.
#pragma once

#include <atomic>
#include <mutex>
#include <string>
#include <utility>

#include "conf/result.h"
#include "queue/errors.h"

namespace queue {

class Latch {
public:
    void set(std::string reason) {
        const std::lock_guard lock(mutex_);
        if (reason_.empty()) {
            reason_ = std::move(reason);
            is_set_ = true;
        }
    }

    [[nodiscard]] bool is_set() const { return is_set_; }

    [[nodiscard]] std::string reason() const {
        const std::lock_guard lock(mutex_);
        return reason_;
    }

    /// What every call on the store gives from then on.
    [[nodiscard]] conf::Error error() const { return queue::error(errc::StoreLatched, reason()); }

private:
    mutable std::mutex mutex_;
    std::string reason_;
    std::atomic<bool> is_set_ = false;
};

}  // namespace queue
