#include "relay/in/admission.h"

namespace relay::in {

Admission::Place Admission::enter(const conf::IpAddress& client) {
    const std::lock_guard lock(mutex_);
    // One place of twenty is kept for this host: whoever floods us does not lock its own programs
    // out.
    const int places = client.is_loopback() ? total_limit_ : total_limit_ - total_limit_ / 20;
    if (total_ >= places || !add(client)) {
        return {};
    }
    ++total_;
    return {*this, client};
}

Admission::Place Admission::enter_proxy() {
    const std::lock_guard lock(mutex_);
    if (total_ >= total_limit_) {
        return {};
    }
    ++total_;
    return {*this, std::nullopt};
}

bool Admission::Place::become(const conf::IpAddress& client) {
    const std::lock_guard lock(admission_->mutex_);
    if (!admission_->add(client)) {
        return false;
    }
    client_ = client;
    return true;
}

bool Admission::add(const conf::IpAddress& client) {
    int& of_client = clients_[client];
    if (of_client >= per_client_limit_) {
        return false;
    }
    ++of_client;
    return true;
}

void Admission::leave(const std::optional<conf::IpAddress>& client) {
    const std::lock_guard lock(mutex_);
    --total_;
    if (!client) {
        return;
    }
    const auto found = clients_.find(*client);
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
