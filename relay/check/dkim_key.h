// DKIM key: does the DNS publish the key that we sign with?
//
// Standards: RFC 6376 3.6.1 (key records; an empty p= is revoked), 3.6.2.2 (one record for each
// selector). Executor:  the loop that awaits it.     Errors: a trouble of the DNS is an Unknown
// finding.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "conf/config.h"
#include "dkim/key_ring.h"
#include "relay/check/finding.h"
#include "relay/net/dns.h"

namespace relay::check {

/// One finding for each selector that signs for `domain` at `now`; for a domain whose keys cannot
/// be used, one for each such key.
net::Task<std::vector<Finding>> check_dkim_keys(net::Dns& dns,
                                                std::shared_ptr<const dkim::KeyRing> keys,
                                                conf::DomainName domain,
                                                conf::Instant now);

/// What the TXT records of a selector say about the key that should be there: verdict, seen and
/// effect.
void judge_key_records(const std::vector<std::string>& rdata,
                       const dkim::PrivateKey& key,
                       Finding& finding);

}  // namespace relay::check
