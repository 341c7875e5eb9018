// Current: the configuration, its keys and what is known of them, swapped whole when they change.
//
// Threads: safe; a reader keeps what it got for as long as its work lasts, so one message never
//   sees two configurations.
#pragma once

#include <memory>
#include <mutex>
#include <utility>

#include "conf/config.h"
#include "dkim/key_ring.h"
#include "dkim/life.h"
#include "dkim/rotation.h"

namespace relay {

struct Setup {
    std::shared_ptr<const conf::Config> config;
    std::shared_ptr<const dkim::KeyRing> keys;
    std::shared_ptr<const dkim::Lives> lives = std::make_shared<const dkim::Lives>();  // never null

    [[nodiscard]] dkim::RotationRules rules() const {
        return {config->dkim.prove, config->dkim.retire_after};
    }
};

class Current {
public:
    explicit Current(Setup setup) : setup_(std::move(setup)) {}
    [[nodiscard]] Setup get() const {
        const std::lock_guard lock(mutex_);
        return setup_;
    }
    /// What was reloaded; the lives stay.
    void set(std::shared_ptr<const conf::Config> config,
             std::shared_ptr<const dkim::KeyRing> keys) {
        const std::lock_guard lock(mutex_);
        setup_.config = std::move(config);
        setup_.keys = std::move(keys);
    }
    void set_lives(std::shared_ptr<const dkim::Lives> lives) {
        const std::lock_guard lock(mutex_);
        setup_.lives = std::move(lives);
    }

private:
    mutable std::mutex mutex_;
    Setup setup_;
};

}  // namespace relay
