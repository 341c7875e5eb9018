// Logins: who may log in, with what password, and who has tried too often.
//
// Users are those of the configuration in force. A name that nobody has gets a verifier too, the
// same each time, so that neither replies nor their timing tell names apart. Passwords are
// stretched by two threads of their own: a flood of logins slows logins, and no loop.
//
// Threads: safe. check() resumes on the loop that it was called on.
#pragma once

#include <chrono>
#include <cstddef>
#include <map>
#include <mutex>
#include <string>

#include "relay/current.h"
#include "relay/net/worker_pool.h"
#include "relay/smtp/sasl.h"

namespace relay::in {

class Logins {
public:
    static constexpr int kFailures = 10;  // within kMemory; then nothing for kLock
    static constexpr std::chrono::minutes kMemory{15};
    static constexpr std::chrono::minutes kLock{15};
    static constexpr std::size_t kAddresses = 10'000;  // remembered at once

    using Clock = std::chrono::steady_clock;

    explicit Logins(Current& current);

    [[nodiscard]] conf::ScramVerifier verifier_of(std::string_view user) const;
    /// Fresh and unpredictable, for SCRAM.
    [[nodiscard]] static std::string make_nonce();
    net::Task<bool> check(conf::ScramVerifier verifier, std::string password);

    /// IPv6 clients are counted by their /64, which is one customer's.
    [[nodiscard]] bool is_locked(const conf::IpAddress& client, Clock::time_point now);
    /// True when this failure locked the address.
    bool failed(const conf::IpAddress& client, Clock::time_point now);
    void succeeded(const conf::IpAddress& client);

    void stop() { pool_.stop(); }

private:
    struct Record {
        int failures = 0;
        Clock::time_point first;
        Clock::time_point locked_until;
    };
    void forget_old(Clock::time_point now);

    Current& current_;
    std::string secret_;  // makes the salts of users that do not exist
    net::WorkerPool pool_;
    std::mutex mutex_;
    std::map<conf::IpAddress, Record> records_;
};

}  // namespace relay::in
