// FreshDns: a Dns that goes past the cache and remembers for how long what it heard may be
// believed.
//
// One for each finding: its ttl() says when the finding has to be looked at again.
//
// Executor: the loop that awaits it.     Errors: those of the Dns behind it.
#pragma once

#include <chrono>
#include <string>

#include "relay/net/dns.h"

namespace relay::check {

class FreshDns : public net::Dns {
public:
    explicit FreshDns(net::Dns& dns) : dns_(dns) {}

    net::Task<net::Answer> query(std::string name, net::RecordType type) override;
    net::Task<net::Answer> query_fresh(std::string name, net::RecordType type) override;

    /// The smallest TTL heard, at least 1 s; a day when nothing was asked. A failure counts as 10
    /// s, a negative answer without an SOA as 5 s.
    [[nodiscard]] std::chrono::seconds ttl() const { return ttl_; }

private:
    net::Dns& dns_;
    std::chrono::seconds ttl_{std::chrono::hours(24)};
};

}  // namespace relay::check
