// Sources: the addresses that receivers see us come from.
//
// Per family the one that the kernel picks for the way to the outside. If that is private, CGNAT,
// ULA or loopback, the A or AAAA records of `hostname` stand for it, since the relay is behind a
// NAT then. They also do when the kernel knows no way out at all. NB: a family without a way out,
// beside one that has a way, is no source: no mail can leave by it.
//
// Executor: find_sources() on the loop that awaits it.     Errors: Sources::why.
#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "conf/config.h"
#include "relay/net/dns.h"

namespace relay::check {

/// What the kernel would use as source of a connection to the outside; nothing without a route.
struct RoutedAddresses {
    std::optional<conf::IpAddress> v4;
    std::optional<conf::IpAddress> v6;
};

/// Asks the kernel by connecting UDP sockets; no packet is sent.
RoutedAddresses routed_addresses();

struct Sources {
    std::vector<conf::IpAddress> addresses;
    bool definite = true;  // false: a lookup failed, so there may be more
    std::string why;       // why `addresses` is empty, or which lookup failed
    std::string publish;   // records that would tell the address, when there is none
    std::chrono::seconds ttl{std::chrono::hours(24)};
};

net::Task<Sources> find_sources(net::Dns& dns,
                                std::shared_ptr<const conf::Config> config,
                                RoutedAddresses routed);

}  // namespace relay::check
