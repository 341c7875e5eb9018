// StepSize: how many messages one step of an operator's order takes, so that commits of new mail
// wait little for it: grows while steps are quick, and falls where the disk is slow.
//
// Threads: one at a time.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstddef>

namespace relay {

class StepSize {
public:
    // A step of some 20 ms; only one whose messages are all far slower than those before
    // exceeds 50.
    static constexpr std::chrono::milliseconds kQuick{10};
    static constexpr std::chrono::milliseconds kSlow{25};
    static constexpr std::size_t kLeast = 8, kFirst = 32, kMost = 500;

    [[nodiscard]] std::size_t messages() const { return messages_; }
    /// The step before took so long.
    void took(std::chrono::steady_clock::duration time) {
        if (time < kQuick) {
            messages_ = std::min(messages_ * 2, kMost);
        } else if (time > kSlow) {
            messages_ = std::max(messages_ / 2, kLeast);
        }
    }

private:
    std::size_t messages_ = kFirst;
};

}  // namespace relay
