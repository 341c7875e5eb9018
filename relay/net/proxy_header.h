// ProxyHeader: what a load balancer says in front of a connection about who is really there.
//
// Only for peers that are listed as such: anybody else could claim any address.
//
// Standards: the PROXY protocol, versions 1 (text) and 2 (binary), of HAProxy.
// Threads: no state.
// Errors: Malformed; the connection is of no use then.
#pragma once

#include <cstddef>
#include <optional>
#include <string_view>

#include "conf/ip_address.h"

namespace relay::net {

struct ProxyHeader {
    enum class State { NeedMore, Complete, Malformed };

    State state = State::NeedMore;
    std::size_t size = 0;  // octets of the header, when Complete; what follows is the client's
    /// Who connected to the proxy; nothing for the proxy's own connections (LOCAL, UNKNOWN) and
    /// for other things than TCP.
    std::optional<conf::IpAddress> client = std::nullopt;
};

/// The longest header that is read: version 2 may carry extensions, which are passed over.
inline constexpr std::size_t kMaxProxyHeader = 16 + 2048;

/// `octets`: what has arrived so far. Says NeedMore only while the octets may become a header.
ProxyHeader parse_proxy_header(std::string_view octets);

}  // namespace relay::net
