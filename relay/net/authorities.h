// Authorities: what each authoritative server of a name's zone says itself, so that a key is shown
// to everybody before it signs. The seam that tests replace; AuthorityServers is the real one.
//
// Standards: RFC 1034 3.6.2 (aliases), RFC 2308 5 (how long a negative answer is kept).
// Executor: ask() may be awaited on any loop and resumes there.
// Errors: values. A server that says nothing is in the view as TimedOut or Failed.
// Cancellation: none; ask() ends by its answers, its time-outs or stop().
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include <boost/asio/thread_pool.hpp>

#include "conf/config.h"
#include "relay/net/dns.h"
#include "relay/net/zones.h"

namespace relay::net {

/// What one authoritative server says, an alias followed.
struct ServerAnswer {
    std::string server;  // "ns1.example.com (192.0.2.53)"
    Answer answer;
};

struct AuthorityView {
    /// One for each server address that was asked, silent ones included; those of the name's zone
    /// before those of its aliases' targets.
    std::vector<ServerAnswer> answers;
    /// RFC 2308 5: the lesser of the SOA's TTL and its MINIMUM, the largest of those zones; nothing
    /// where it could not be found out.
    std::optional<std::chrono::seconds> negative_ttl;
    /// Why no server could be asked or, beside answers, why not those of an alias's target. Empty
    /// when all were.
    std::string why;
    /// `why` may have passed when one asks again: a lookup failed, or the relay stops.
    bool temporary = false;
};

class Authorities {
public:
    Authorities() = default;
    Authorities(const Authorities&) = delete;
    Authorities& operator=(const Authorities&) = delete;
    virtual ~Authorities() = default;
    /// `name` as Dns takes it.
    virtual Task<AuthorityView> ask(std::string name, RecordType type) = 0;
};

/// Asks over the network: the zone is found by `dns`, then each of its servers is asked through a
/// libunbound context of its own, on threads of its own. At most kMaxContexts of those live at once
/// (there is one AuthorityServers in a process); further servers wait for their turn, and [dns]
/// timeout counts from that.
///
/// Lifetimes: `dns` outlives it; it outlives the coroutines that ask, unless their loop has ended.
/// Not asked: names that [dns] local_data answers, since that is this site's own view.
class AuthorityServers : public Authorities {
public:
    static constexpr std::size_t kMaxContexts = 4;
    static constexpr std::size_t kMaxAliases = 8;  // followed from one name
    static constexpr std::uint16_t kPort = 53;

    /// `port` is where the servers are asked: 53, but tests cannot listen there.
    /// Throws std::system_error when there are no descriptors or threads left.
    AuthorityServers(Dns& dns, conf::Dns settings, std::uint16_t port = kPort);
    ~AuthorityServers() override;

    Task<AuthorityView> ask(std::string name, RecordType type) override;
    /// Ends what waits for a server, within milliseconds, with a temporary `why` and no answers; a
    /// lookup that waits at `dns` ends by the stop of that. Later questions end at once. Any
    /// thread; twice is once.
    void stop();

private:
    Task<AuthorityView> ask_zone(Zone zone, std::string name, RecordType type);
    [[nodiscard]] bool is_local(const std::string& name) const;

    // Constant after construction.
    Zones zones_;
    const conf::Dns settings_;
    const std::uint16_t port_;
    std::set<std::string> local_names_;
    const int stop_descriptor_;  // readable after stop()

    std::atomic<bool> stopped_{false};
    asio::thread_pool workers_;
};

}  // namespace relay::net
