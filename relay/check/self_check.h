// SelfCheck: looks at the sources and at every sender domain again and again, and tells the Gate.
//
// At start everything is looked at at once; then each part again after min(interval, its smallest
// TTL), a part that blocks or is unknown after min(interval, TTL, 60 s); never before 1 s. What the
// Gate wants besides is looked at at once. A part without a first verdict after the DNS time-out is
// published as unknown, so that its mail may go.
//
// Executor: one loop. start(), reconfigure(), check_now() and stop() from any thread; the Gate's
// mode changes before they return. Cancellation: after stop() nothing is published any more; a
// lookup under way ends with the resolver or the loop.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "conf/config.h"
#include "dkim/key_ring.h"
#include "relay/check/checks.h"
#include "relay/check/finding.h"
#include "relay/check/gate.h"
#include "relay/net/dns.h"

namespace relay::check {

class SelfCheck {
public:
    /// `dns`, `gate` and `loop` outlive what runs on the loop. `routed` stands for the kernel in
    /// tests.
    SelfCheck(net::Dns& dns,
              Gate& gate,
              net::asio::io_context& loop,
              RoutedAddresses (*routed)() = routed_addresses);
    ~SelfCheck();
    SelfCheck(const SelfCheck&) = delete;
    SelfCheck& operator=(const SelfCheck&) = delete;

    /// Told on the loop each finding whose verdict changed, `domain` "" for the sources. Set before
    /// start().
    std::function<void(const std::string& domain, const Finding& finding, bool first)> on_change;

    void start(std::shared_ptr<const conf::Config> config,
               std::shared_ptr<const dkim::KeyRing> keys);
    /// Everything is looked at again; domains that are gone are forgotten.
    void reconfigure(std::shared_ptr<const conf::Config> config,
                     std::shared_ptr<const dkim::KeyRing> keys);
    void check_now();
    void stop();

private:
    class State;
    Gate* gate_;
    net::asio::io_context* loop_;
    std::shared_ptr<State> state_;  // shared with what waits on the loop
};

}  // namespace relay::check
