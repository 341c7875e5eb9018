// RotationKeeper: walks every selector through its life: looks at its record again and again,
// remembers what it saw, and tells who signs and who must wait.
//
// At start, after a reload and on request everything is looked at at once; then each domain again
// after min(interval of the self-check, its smallest TTL), one with a selector that is not proven
// after 60 s at the latest, and whenever a date of the configuration or a proof comes. With `prove
// = "off"` nothing is looked at.
//
// What changed is published in this order: the Gate holds before a selector stops, Current changes,
// the store keeps it; mail is let go last.
//
// Executor: one loop. start(), reconfigure(), check_now() and stop() from any thread.
// Errors:   a store that cannot be read at start; all else is a state.
#pragma once

#include <memory>
#include <string>

#include "relay/check/gate.h"
#include "relay/committer.h"
#include "relay/current.h"
#include "relay/net/authorities.h"
#include "relay/net/dns.h"
#include "relay/net/worker_pool.h"

namespace relay::check {

class RotationKeeper {
public:
    /// What it works with; all of it outlives what runs on the loop.
    struct House {
        net::Dns& dns;
        net::Authorities& authorities;
        queue::Store& store;
        net::WorkerPool& disk;
        Committer& committer;
        Gate& gate;
        Current& current;
        net::asio::io_context& loop;
    };

    explicit RotationKeeper(House house);
    ~RotationKeeper();
    RotationKeeper(const RotationKeeper&) = delete;
    RotationKeeper& operator=(const RotationKeeper&) = delete;

    /// Before anything signs: what is known from before, into Current and Gate.
    conf::Result<void> recall();
    void start();
    /// After Current has another configuration.
    void reconfigure();
    void check_now();
    void stop();
    /// Takes a selector out of service. Errors: those of dkim::retire; NoSelector also for a domain
    /// that is no [[domain]].
    net::Task<conf::Result<void>> retire(std::string domain, std::string selector);

private:
    class State;
    net::asio::io_context& loop_;
    std::shared_ptr<State> state_;  // shared with what waits on the loop
};

}  // namespace relay::check
