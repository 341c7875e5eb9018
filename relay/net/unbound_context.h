// UnboundContext: a libunbound context made from [dns], ready for questions in thread mode.
//
// Options, servers and local data are all set here, since libunbound freezes them with the first
// question. /etc/hosts is not read: mail is routed by the DNS alone.
//
// Threads: open_unbound() is called at start, open_stub() on a thread that may wait some
//   milliseconds; so may whoever deletes a context. The context itself is safe from several
//   threads.
#pragma once

#include <memory>
#include <string>

#include <boost/system/error_code.hpp>

#include "conf/config.h"
#include "conf/result.h"

struct ub_ctx;

namespace relay::net {

enum class DnsErrc { Unusable = 1, BadServer, BadLocalData };
boost::system::error_code make_error_code(DnsErrc code);

struct UnboundDelete {
    void operator()(ub_ctx* context) const;
};
using UnboundContext = std::unique_ptr<ub_ctx, UnboundDelete>;

/// Errors: Unusable (libunbound does not start), BadServer and BadLocalData, which name the entry.
/// No servers: those of /etc/resolv.conf; without that file, or without a nameserver in it, the
/// server on this machine (resolv.conf(5)).
conf::Result<UnboundContext> open_unbound(const conf::Dns& settings);

/// A context that asks `server` itself for the names of `zone`, without recursion, and the servers
/// of [dns] for all others, so that an alias into another zone is followed. local_data is left out:
/// other sites do not see it.
/// Errors: Unusable; BadServer, also for a zone that is no name.
conf::Result<UnboundContext> open_stub(const conf::Dns& settings,
                                       const std::string& zone,
                                       const conf::Endpoint& server);

}  // namespace relay::net

template <>
struct boost::system::is_error_code_enum<relay::net::DnsErrc> : std::true_type {};
