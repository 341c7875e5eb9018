// MessageRates: how many messages one client may begin in a minute.
//
// Threads: safe; a short lock of its own.     Memory: kClients addresses at most.
#pragma once

#include <chrono>
#include <cstddef>
#include <map>
#include <mutex>

#include "conf/config.h"

namespace relay::in {

class MessageRates {
public:
    static constexpr std::chrono::minutes kWindow{1};
    static constexpr std::size_t kClients = 10'000;

    using Clock = std::chrono::steady_clock;

    /// Counts one more message of `client`; false when it has begun `limit` in this minute. A
    /// minute begins with the first message after the one before ended.
    bool admit(const conf::IpAddress& client, int limit, Clock::time_point now);

private:
    struct Count {
        Clock::time_point since;
        int messages = 0;
    };

    std::mutex mutex_;
    std::map<conf::IpAddress, Count> counts_;
};

}  // namespace relay::in
