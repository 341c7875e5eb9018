// From an SPF verdict to a finding: what receivers do with it, and which record would pass.
//
// Standards: RFC 7208 8 (handling of results), RFC 7372 (5.7.23, 5.7.24).
// Executor:  the loop that awaits check_spf(); spf_record_for() is pure.
#pragma once

#include <string>
#include <vector>

#include "relay/check/finding.h"
#include "relay/net/dns.h"

namespace relay::check {

enum class SpfIdentity { MailFrom, Helo };

/// `all` are the addresses that the published record should name, `address` (one of them) is judged
/// here.
net::Task<Finding> check_spf(net::Dns& dns,
                             std::string domain,
                             SpfIdentity identity,
                             conf::IpAddress address,
                             std::vector<conf::IpAddress> all);

/// `record` with a term in front for each address that it does not name yet; a new one when it is
/// empty.
std::string spf_record_for(std::string_view record, const std::vector<conf::IpAddress>& addresses);

}  // namespace relay::check
