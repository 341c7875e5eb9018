// Resolver: Dns by libunbound in thread mode, with a TTL-bounded cache in front.
//
// One libunbound context; its descriptor is watched by one loop, answers resume the coroutine on the loop that asked. At most
// 1,000 questions are out at once; equal ones share one lookup. TTLs: floor 30 s for MX, A and AAAA, cap one day.
//
// Standards: RFC 2308 (negative TTL from the SOA).
// Threads:   query() from any loop. Errors: create() says which part of [dns] is wrong.
#pragma once

#include <memory>

#include "conf/config.h"
#include "relay/net/dns.h"

namespace relay::net {

class Resolver : public Dns {
public:
    /// `watcher` is the loop that watches libunbound's descriptor; it outlives the resolver.
    /// Errors: a server or local_data line that libunbound refuses, resolv.conf without a server.
    static conf::Result<std::unique_ptr<Resolver>> create(const conf::Dns& settings, asio::io_context& watcher);
    ~Resolver() override;

    Task<Answer> query(std::string name, RecordType type) override;
    Task<Answer> query_fresh(std::string name, RecordType type) override;
    /// Stops watching and answers everything that is still asked with Failed; before the loops end.
    void stop();

    struct Counters {
        std::uint64_t found = 0, negative = 0, failed = 0, timed_out = 0, cached = 0;
    };
    [[nodiscard]] Counters counters() const;

private:
    struct State;
    explicit Resolver(std::unique_ptr<State> state);
    std::unique_ptr<State> state_;
};

}  // namespace relay::net
