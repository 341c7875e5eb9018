// Delivery: what one transaction is to bring to a server, and whether that server can take it.
//
// Standards: RFC 1870 6 (SIZE), RFC 6152 3 (8BITMIME), RFC 6531 3.6 (SMTPUTF8), RFC 8689 4.2
//   (REQUIRETLS).
// Threads:   values.     Errors: what cannot be taken is an Outcome.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "queue/envelope.h"
#include "queue/outcome.h"
#include "relay/smtp/extensions.h"

namespace relay::smtp {

/// Recipients of one message.
struct Delivery {
    struct To {
        queue::Address address;
        queue::DsnRequest dsn;
    };
    queue::Address sender;
    std::vector<To> recipients;  // at least one
    std::uint64_t size = 0;      // octets of the message; 0 for unknown
    queue::BodyKind body = queue::BodyKind::SevenBit;
    bool utf8_header = false;  // its header has text beyond ASCII that only SMTPUTF8 permits
    bool require_tls = false;  // its client said REQUIRETLS
    queue::ReturnedPart ret = queue::ReturnedPart::Unset;
    std::string envelope_id;  // xtext

    /// An address is beyond ASCII.
    [[nodiscard]] bool has_utf8_address() const;
    /// SMTPUTF8 must be said for it, and so be offered.
    [[nodiscard]] bool needs_utf8() const { return utf8_header || has_utf8_address(); }
    /// It goes nowhere but over verified TLS, to a server that offers REQUIRETLS.
    [[nodiscard]] bool needs_tls() const;
};

/// What a connection is worth. VerifiedTls is that of RFC 8689 2, where both the name of the host
/// and its certificate have been proved.
enum class Protection : std::uint8_t { None, VerifiedTls };

/// REQUIRETLS may be said, and is kept by the server.
[[nodiscard]] bool keeps_required_tls(const Extensions& offered, Protection protection);

/// What the server does not have and the delivery needs, as the outcome of its recipients: Failed,
/// in our own words (5.7.30 REQUIRETLS, 5.6.3 8BITMIME, 5.6.7 or 5.6.9 SMTPUTF8, 5.3.4 size).
/// Nothing where it can be tried.
[[nodiscard]] std::optional<queue::Outcome> lack(const Delivery& delivery,
                                                 const Extensions& offered,
                                                 Protection protection);

}  // namespace relay::smtp
