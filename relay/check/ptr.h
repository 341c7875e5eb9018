// PTR: does the reverse name of a source address lead back to it?
//
// Standards: RFC 1912 2.1 (PTR and A must match). At most 10 names of one address are followed.
// Executor:  the loop that awaits it.     Errors: a trouble of the DNS is an Unknown finding.
#pragma once

#include <string>
#include <vector>

#include "relay/check/finding.h"
#include "relay/net/dns.h"

namespace relay::check {

struct PtrCheck {
    Finding finding;
    std::vector<std::string> confirmed;  // names that lead back to the address
};

/// `hostname` is the name that we should have: what to publish.
net::Task<PtrCheck> check_ptr(net::Dns& dns, conf::IpAddress address, std::string hostname);

}  // namespace relay::check
