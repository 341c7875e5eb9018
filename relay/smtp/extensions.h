// Extensions: what a server offered in its reply to EHLO.
//
// Standards: RFC 5321 4.1.1.1 (EHLO), RFC 1870 (SIZE), RFC 2920 (PIPELINING), RFC 6152 (8BITMIME),
//   RFC 3461 3 (DSN), RFC 6531 3.1 (SMTPUTF8), RFC 8689 2 (REQUIRETLS).
// Threads:   values.     Errors: none; what is not understood is not offered.
#pragma once

#include <cstdint>
#include <optional>

#include "relay/smtp/reply.h"

namespace relay::smtp {

struct Extensions {
    bool pipelining = false;
    bool eight_bit = false;
    bool utf8 = false;         // MAIL may carry SMTPUTF8
    bool require_tls = false;  // MAIL may carry REQUIRETLS, under TLS
    bool dsn = false;          // MAIL may carry RET= and ENVID=, RCPT NOTIFY= and ORCPT=
    bool size = false;         // MAIL may carry SIZE=
    std::optional<std::uint64_t>
        max_size;  // octets; nothing for no limit, or none that makes sense

    static Extensions parse(const ServerReply& ehlo);
};

}  // namespace relay::smtp
