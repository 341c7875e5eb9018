// Selector look: what the DNS shows of one domain's selectors now: the resolver, and every
// authoritative server that answers.
//
// Executor: the loop that awaits it.     Errors: no definite answer is dkim::Sight::Unseen.
#pragma once

#include <chrono>
#include <map>
#include <memory>
#include <string>

#include "dkim/key_ring.h"
#include "dkim/rotation.h"
#include "relay/net/authorities.h"
#include "relay/net/dns.h"

namespace relay::check {

struct SelectorLooks {
    std::map<std::string, dkim::Look> by_selector;
    std::chrono::seconds ttl{std::chrono::hours(24)};  // how long the answers may be believed
};

/// Of every selector of `domain` that has a key.
net::Task<SelectorLooks> look_at_selectors(net::Dns& dns,
                                           net::Authorities& authorities,
                                           std::shared_ptr<const dkim::KeyRing> keys,
                                           conf::DomainName domain,
                                           conf::Instant now);

}  // namespace relay::check
