// DKIM key: does the DNS publish the keys that we sign with? A test signature is verified with what
// stands there.
//
// Executor:  the loop that awaits it.     Errors: a trouble of the DNS is an Unknown
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

/// One finding for each selector of the [[domain]] that speaks for `author`; where its keys cannot
/// be used, one for each such key. A selector without its record blocks when it signs under
/// `prove`, or when no other could; else it is information.
net::Task<std::vector<Finding>> check_dkim_keys(net::Dns& dns,
                                                std::shared_ptr<const dkim::KeyRing> keys,
                                                conf::Prove prove,
                                                conf::DomainName author,
                                                conf::Instant now);

}  // namespace relay::check
