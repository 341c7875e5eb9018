#include "relay/in/message_rates.h"

namespace relay::in {

bool MessageRates::admit(const conf::IpAddress& client, int limit, Clock::time_point now) {
    const std::lock_guard lock(mutex_);
    const auto is_over = [now](const Count& count) { return now - count.since >= kWindow; };
    if (counts_.size() >= kClients && !counts_.contains(client)) {
        std::erase_if(counts_, [&](const auto& entry) { return is_over(entry.second); });
        if (counts_.size() >= kClients) {
            // More clients in one minute than are remembered: one of them starts anew.
            counts_.erase(counts_.begin());
        }
    }
    Count& count = counts_[client];
    if (count.messages == 0 || is_over(count)) {
        count = {now, 0};
    }
    if (count.messages >= limit) {
        return false;
    }
    ++count.messages;
    return true;
}

}  // namespace relay::in
