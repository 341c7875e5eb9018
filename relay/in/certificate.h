// Certificate: what a listener shows under TLS; read anew when one of its files has changed.
//
// The files are looked at when a client comes, at most once a second. New files that cannot be used
// are logged once and the old certificate stays, so that half a renewal harms nobody.
//
// Threads: safe; a short lock, and the reading of three small files when they changed.
#pragma once

#include <chrono>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "conf/config.h"
#include "relay/net/tls.h"

namespace relay::in {

class Certificate {
public:
    using Clock = std::chrono::steady_clock;

    /// Null where the listener has no TLS. Errors: what ServerIdentity::load says.
    static conf::Result<std::shared_ptr<Certificate>> load(const conf::Listener& listener);

    [[nodiscard]] std::shared_ptr<const net::ServerIdentity> current(Clock::time_point now);

private:
    /// Of each file: inode, size and time of the last change.
    using Marks = std::vector<std::string>;

    explicit Certificate(const conf::Listener& listener);
    [[nodiscard]] Marks marks() const;
    [[nodiscard]] conf::Result<std::shared_ptr<const net::ServerIdentity>> read() const;

    std::string certificate_;
    std::string key_;
    std::string client_ca_;
    std::mutex mutex_;
    std::shared_ptr<const net::ServerIdentity> identity_;
    Marks seen_;
    std::optional<Clock::time_point> looked_;
};

}  // namespace relay::in
