// Admission: how many clients may be connected, in all and from one address. One place of twenty is
// for this host alone.
//
// Threads: safe; a short lock of its own, since sessions end on every loop.
#pragma once

#include <map>
#include <mutex>
#include <optional>

#include "conf/config.h"

namespace relay::in {

class Admission {
public:
    explicit Admission(const conf::Limits& limits)
        : total_limit_(limits.connections), per_client_limit_(limits.connections_per_client) {}

    /// A place for one more connection; released when destroyed. An empty one was refused.
    class Place {
    public:
        Place() = default;
        Place(Admission& admission, std::optional<conf::IpAddress> client)
            : admission_(&admission), client_(client) {}
        ~Place() {
            if (admission_ != nullptr) {
                admission_->leave(client_);
            }
        }
        Place(Place&& other) noexcept : admission_(other.admission_), client_(other.client_) {
            other.admission_ = nullptr;
        }
        Place& operator=(Place&&) = delete;
        explicit operator bool() const { return admission_ != nullptr; }

        /// Counts from now on as `client`'s; false when that has too many already.
        bool become(const conf::IpAddress& client);

    private:
        Admission* admission_ = nullptr;
        std::optional<conf::IpAddress> client_;
    };

    Place enter(const conf::IpAddress& client);
    /// For a proxy, behind which many clients are: only the sum of all connections counts until
    /// become().
    Place enter_proxy();
    void reconfigure(const conf::Limits& limits);

private:
    bool add(const conf::IpAddress& client);
    void leave(const std::optional<conf::IpAddress>& client);

    std::mutex mutex_;
    int total_limit_;
    int per_client_limit_;
    int total_ = 0;
    std::map<conf::IpAddress, int> clients_;
};

}  // namespace relay::in
