// Resolver: Dns by libunbound in thread mode, with a TTL-bounded cache in front.
//
// One libunbound context; its descriptor is watched by one loop, answers resume the coroutine on
// the loop that asked. At most 1,000 questions are out at once, 10,000 more wait for their turn,
// further ones fail; equal ones share one lookup. A question that waits longer than [dns]
// timeout, wherever it waits, ends as TimedOut. Lifetimes of answers: DnsCache.
//
// Standards: RFC 2308 (negative TTL from the SOA).
// Threads: query() from any loop. A cached answer comes from a map under a short lock, without
//   leaving the loop.
// Errors: create() says which part of [dns] is wrong.
// Cancellation: a question cannot be cancelled; it ends by its answer, its time-out or stop().
#pragma once

#include <cstdint>
#include <memory>

#include "conf/config.h"
#include "relay/net/dns.h"

namespace relay::net {

class Resolver : public Dns {
public:
    /// `watcher` is the loop that watches libunbound's descriptor; it outlives the resolver.
    /// Errors: a server or local_data line that libunbound refuses, resolv.conf that cannot be
    /// used.
    static conf::Result<std::unique_ptr<Resolver>> create(const conf::Dns& settings,
                                                          asio::io_context& watcher);
    ~Resolver() override;

    Task<Answer> query(std::string name, RecordType type) override;
    Task<Answer> query_fresh(std::string name, RecordType type) override;
    /// Stops watching and answers everything that is still asked with Failed; before the loops end.
    /// Later questions get Failed at once. Any thread; twice is once.
    void stop();

    /// Each question that was asked, by how it ended; those that shared a lookup count for
    /// themselves.
    struct Counters {
        std::uint64_t found = 0, negative = 0, failed = 0, timed_out = 0, cached = 0;
        std::uint64_t lookups = 0;  // what libunbound was asked
    };
    [[nodiscard]] Counters counters() const;

private:
    class State;
    explicit Resolver(std::shared_ptr<State> state);
    std::shared_ptr<State> state_;  // shared with what waits on the watching loop
};

}  // namespace relay::net
