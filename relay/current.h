// Current: the configuration and the keys in force, swapped whole on reload.
//
// Threads: safe; a reader keeps what it got for as long as its work lasts, so one message never
//   sees two configurations.
#pragma once

#include <memory>
#include <mutex>
#include <utility>

#include "conf/config.h"
#include "dkim/key_ring.h"

namespace relay {

struct Setup {
    std::shared_ptr<const conf::Config> config;
    std::shared_ptr<const dkim::KeyRing> keys;
};

class Current {
public:
    explicit Current(Setup setup) : setup_(std::move(setup)) {}
    [[nodiscard]] Setup get() const {
        const std::lock_guard lock(mutex_);
        return setup_;
    }
    void set(Setup setup) {
        const std::lock_guard lock(mutex_);
        setup_ = std::move(setup);
    }

private:
    mutable std::mutex mutex_;
    Setup setup_;
};

}  // namespace relay
