// HELO: is the name that we greet with a real one, does it lead to the source address, and is it
// the address's own name?
//
// Standards: RFC 5321 2.3.5 and 4.1.1.1 (the name resolves), RFC 7208 10.1.3 (a name of its own).
// Executor:  the loop that awaits it.     Errors: a trouble of the DNS is an Unknown finding.
#pragma once

#include <string>

#include "relay/check/finding.h"
#include "relay/check/ptr.h"
#include "relay/net/dns.h"

namespace relay::check {

/// `ptr` is what check_ptr() said of the same address.
net::Task<Finding> check_helo(net::Dns& dns,
                              conf::IpAddress address,
                              std::string hostname,
                              PtrCheck ptr);

}  // namespace relay::check
