// StubQuestion: what one name server itself says of a name, by a libunbound context that lives as
// long as the question.
//
// The zone's SOA is asked along with it: only the zone's own servers tell its whole TTL, others
// tell what is left of it.
//
// Standards: RFC 1035 (no recursion is asked for), RFC 2308 5 (TTL of the SOA).
// Threads: ask_server() waits on the thread that calls it; several may do so at the same time. Call
//   it with signals blocked: libunbound's thread, which it starts, must not take them.
// Errors: an Answer of status Failed or TimedOut.
#pragma once

#include <string>

#include "relay/net/dns.h"
#include "relay/net/unbound_context.h"

namespace relay::net {

struct StubQuestion {
    std::string zone;
    conf::Endpoint server;  // of the zone
    std::string name;       // lower case, askable
    RecordType type = RecordType::Txt;
};

struct StubAnswer {
    Answer answer;
    Answer soa;  // of the zone
};

/// Both questions together end within `settings.timeout`, or soon after `stop` can be read.
StubAnswer ask_server(const conf::Dns& settings, const StubQuestion& question, int stop);

}  // namespace relay::net
