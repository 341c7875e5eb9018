// Checks: everything that is looked at for the source addresses, and for one domain.
//
// What is judged: forward-confirmed PTR and HELO of each source address, SPF of HELO (for the null
// sender); of each domain SPF from each source address, and for a signing domain the published
// record of each selector in force.
//
// Executor: the loop that awaits it; Dns outlives it.     Errors: every trouble is a finding.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "conf/config.h"
#include "dkim/key_ring.h"
#include "relay/check/finding.h"
#include "relay/check/source.h"
#include "relay/net/dns.h"

namespace relay::check {

net::Task<std::vector<Finding>> check_sources(net::Dns& dns,
                                              std::shared_ptr<const conf::Config> config,
                                              Sources sources);

/// `domain` need not be a [[domain]] any more: mail of one that was removed may still be queued.
net::Task<std::vector<Finding>> check_domain(net::Dns& dns,
                                             std::shared_ptr<const conf::Config> config,
                                             std::shared_ptr<const dkim::KeyRing> keys,
                                             std::string domain,
                                             Sources sources,
                                             conf::Instant now);

/// One full evaluation: the sources under "", each of `domains` under its name; all [[domain]]s
/// when `domains` is empty. At most 16 are looked at side by side.
net::Task<std::map<std::string, std::vector<Finding>>> run_checks(
    net::Dns& dns,
    std::shared_ptr<const conf::Config> config,
    std::shared_ptr<const dkim::KeyRing> keys,
    std::vector<std::string> domains,
    RoutedAddresses routed = routed_addresses());

}  // namespace relay::check
