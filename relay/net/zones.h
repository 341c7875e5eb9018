// Zones: which zone a name is in, which servers serve that zone, and what the name is an alias of.
//
// All of it is asked past the cache. A search costs at most kMaxLabels questions, the servers of a
// zone 1 + 2 * kMaxNameServers, one after the other.
//
// Standards: RFC 1035 4.2 and 4.3 (zones), RFC 2181 6.1 (a zone begins at its SOA), RFC 1034 3.6.2
//   (aliases).
// Executor: the loop that awaits it.
// Errors: values; `why` says what was not found, `temporary` that asking again may help.
// Cancellation: none; a question ends as Dns ends it.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "relay/net/dns.h"

namespace relay::net {

struct Zone {
    std::string name;                             // empty: not found
    std::optional<std::chrono::seconds> minimum;  // MINIMUM of its SOA
    std::string why;
    bool temporary = false;
};

struct NameServer {
    std::string host;
    conf::IpAddress address;

    [[nodiscard]] std::string text() const;  // "ns1.example.com (192.0.2.53)"
};

struct NameServers {
    std::vector<NameServer> servers;
    std::string why;  // where there is none
    bool temporary = false;
};

struct Alias {
    std::string target;  // empty: no alias
    std::string why;     // could not be found out
};

class Zones {
public:
    static constexpr int kMaxLabels = 32;
    static constexpr std::size_t kMaxNameServers = 13;
    static constexpr std::size_t kMaxAddressesOfOne = 2;
    static constexpr std::size_t kMaxAddresses = 16;

    /// `dns` outlives it.
    explicit Zones(Dns& dns) : dns_(dns) {}

    /// `name` as Dns takes it. A parent is looked at also where a name below it could not be asked.
    Task<Zone> zone_of(std::string name);
    /// Each name server with its first address before any with its second. An address that belongs
    /// to two of them is given once; one that no server can have is left out.
    Task<NameServers> servers_of(std::string zone);
    Task<Alias> alias_of(std::string name);

private:
    Task<std::vector<conf::IpAddress>> addresses_of(std::string host);

    Dns& dns_;
};

}  // namespace relay::net
