#include "relay/smtp/delivery.h"

#include <algorithm>
#include <utility>

namespace relay::smtp {
namespace {

queue::Outcome cannot_take(queue::EnhancedStatus status, std::string text) {
    queue::Outcome outcome;
    outcome.kind = queue::Outcome::Kind::Failed;
    outcome.status = status;
    outcome.text = std::move(text);
    return outcome;
}

}  // namespace

// RFC 6531 3.6: the extension is for addresses and header fields beyond ASCII. A message that has
// none is ordinary mail, whatever its client said.
bool Delivery::has_utf8_address() const {
    return !sender.is_ascii() || std::any_of(recipients.begin(),
                                             recipients.end(),
                                             [](const To& to) { return !to.address.is_ascii(); });
}

// RFC 8689 5: where the return-path is empty, REQUIRETLS SHOULD NOT cause a report to be discarded
// although the next hop does not offer it.
bool Delivery::needs_tls() const {
    return require_tls && !sender.is_null();
}

// RFC 8689 2: the server MUST offer it in its reply to the EHLO behind the handshake; what is
// offered in the clear counts for nothing.
bool keeps_required_tls(const Extensions& offered, Protection protection) {
    return protection == Protection::VerifiedTls && offered.require_tls;
}

std::optional<queue::Outcome> lack(const Delivery& delivery,
                                   const Extensions& offered,
                                   Protection protection) {
    // RFC 8689 4.2.1: such a message MUST NOT go to a server without REQUIRETLS under TLS; each
    // host of the domain is asked. 4.2.2: 5.7.30 where none has it. This comes first: what else
    // such a host lacks does not matter.
    if (delivery.needs_tls() && !keeps_required_tls(offered, protection)) {
        return cannot_take({5, 7, 30},
                           protection == Protection::None
                               ? "the message requires TLS and the connection to the host has none"
                               : "the message requires TLS and the host does not offer REQUIRETLS");
    }
    // RFC 6152 3: a message with 8-bit octets goes only to a server that offers 8BITMIME.
    if (delivery.body == queue::BodyKind::EightBitMime && !offered.eight_bit) {
        return cannot_take({5, 6, 3}, "the message is 8-bit and the host does not offer 8BITMIME");
    }
    // RFC 6531 3.6: such a message MUST NOT go to a server that does not offer SMTPUTF8. It is
    // neither stripped nor rewritten: that would break its signature, or tell somebody else.
    // 3.5: X.6.7 is for the addresses, X.6.9 for a header that cannot be transferred.
    if (!offered.utf8 && delivery.needs_utf8()) {
        return delivery.has_utf8_address()
                   ? cannot_take({5, 6, 7},
                                 "an address has characters beyond ASCII and the host does not "
                                 "offer SMTPUTF8")
                   : cannot_take({5, 6, 9},
                                 "the header has characters beyond ASCII and the host does not "
                                 "offer SMTPUTF8");
    }
    // RFC 1870 6: a client that knows the limit does not try a larger message.
    if (offered.max_size && delivery.size > *offered.max_size) {
        return cannot_take({5, 3, 4},
                           "the message of " + std::to_string(delivery.size) +
                               " octets is larger than the " + std::to_string(*offered.max_size) +
                               " that the host takes");
    }
    return std::nullopt;
}

}  // namespace relay::smtp
