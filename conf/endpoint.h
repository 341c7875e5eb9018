// parse_endpoint: "127.0.0.1:2525", "[::1]:2525" or "unix:/run/signet/control.sock".
//
// Standards: RFC 3986 3.2.2 (brackets around an IPv6 address).
// Threads: no state.
// Errors: BadEndpoint; the detail says what to write. Names of hosts are refused: they would need
//   DNS before the relay runs.
#pragma once

#include <string_view>

#include "conf/config.h"
#include "conf/result.h"

namespace conf {

Result<Endpoint> parse_endpoint(std::string_view text);

}  // namespace conf
