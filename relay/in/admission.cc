#include "relay/in/admission.h"

namespace relay::in {

Admission::Place Admission::enter(const conf::IpAddress& client) {
    const std::lock_guard lock(mutex_);
    if (total_ >= total_limit_) {
        return {};
    }
    int& of_client = clients_[client];
    if (of_client >= per_client_limit_) {
        return {};
    }
    ++of_client;
    ++total_;
    return {*this, client};
}

void Admission::leave(const conf::IpAddress& client) {
    const std::lock_guard lock(mutex_);
    --total_;
    const auto found = clients_.find(client);
    if (--found->second == 0) {
        clients_.erase(found);
    }
}

void Admission::reconfigure(const conf::Limits& limits) {
    const std::lock_guard lock(mutex_);
    total_limit_ = limits.connections;
    per_client_limit_ = limits.connections_per_client;
}

}  // namespace relay::in
