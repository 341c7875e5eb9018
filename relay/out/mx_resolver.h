// MxResolver: from a recipient domain to a Route: the hosts that take its mail, in order, with
// their addresses.
//
// Standards: RFC 5321 5.1 (MX, implicit MX, ourselves in the list), RFC 7505 (null MX), RFC 2181
//   10.3 (MX to a CNAME: followed).
// Executor: any loop.
// Errors: an Outcome for everything that waits for the domain.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <variant>
#include <vector>

#include "conf/config.h"
#include "queue/attempt.h"
#include "queue/outcome.h"
#include "relay/current.h"
#include "relay/net/dns.h"

namespace relay::out {

struct Host {
    std::string name;
    std::uint16_t preference = 0;
    std::vector<conf::IpAddress> addresses;  // IPv6 and IPv4 in turn
};

struct Route {
    queue::SiteId site;
    std::vector<Host> hosts;  // by preference
    std::uint16_t port = 25;
    queue::Instant valid_until{};
};

class MxResolver {
public:
    static constexpr std::size_t kMaxHosts = 20;      // of a long list the best are enough
    static constexpr std::size_t kMaxAddresses = 10;  // of one host

    /// `is_us`: one of our listeners listens there on the delivery port.
    MxResolver(net::Dns& dns,
               Current& current,
               std::function<bool(const conf::IpAddress&, std::uint16_t)> is_us);

    net::Task<std::variant<Route, queue::Outcome>> resolve(std::string domain);

private:
    struct Found {
        std::vector<conf::IpAddress> addresses;
        std::string refused;  // a private address that is not allowed
        std::string failure;  // why a lookup gave nothing, when that is temporary
        bool us = false;
        std::chrono::seconds ttl{3600};
    };
    net::Task<Found> addresses_of(std::string host, std::shared_ptr<const conf::Config> config);

    net::Dns& dns_;
    Current& current_;
    std::function<bool(const conf::IpAddress&, std::uint16_t)> is_us_;
};

}  // namespace relay::out
