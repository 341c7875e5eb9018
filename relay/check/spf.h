// SPF: what a receiver's evaluation says about one address and one domain.
//
// Evaluates all, include, a, mx, ip4, ip6 and redirect. A term that evaluation reaches and that it
// cannot judge (ptr, exists, a macro) ends it as NotChecked with the term named: never as a pass or
// a fail. exp= only words a failure and is not read.
//
// Standards: RFC 7208 2.6 (results), 4 (check_host), 4.6.4 (limits: 10 terms that ask, 2 void, 10
// MX names; 20 s in all). Executor:  the loop that awaits it; Dns outlives it.     Errors: every
// trouble is a result.
#pragma once

#include <string>
#include <string_view>

#include "conf/ip_address.h"
#include "relay/net/dns.h"

namespace relay::check {

enum class SpfResult { None, Neutral, Pass, Fail, SoftFail, TempError, PermError, NotChecked };

[[nodiscard]] std::string_view name(SpfResult result);  // "none", ..., "could not check"

struct SpfVerdict {
    SpfResult result = SpfResult::None;
    std::string explanation;  // what decided: "\"-all\" of example.com"
    std::string record;       // of the domain that was asked about; empty without exactly one
    int lookups = 0;          // terms that ask the DNS
    int void_lookups = 0;     // those of them that found nothing
};

/// `address` is the client, `domain` the one of MAIL FROM, or HELO for the null sender.
net::Task<SpfVerdict> evaluate_spf(net::Dns& dns, conf::IpAddress address, std::string domain);

}  // namespace relay::check
