// Signing: the signatures of a message by every author's domain, when it is accepted and again when
// those must not leave.
//
// Standards: RFC 6376 5.1 (who signs), RFC 5322 3.6.2 (several authors).
// Threads:   safe; keys are read alone.
#pragma once

#include <string>
#include <variant>
#include <vector>

#include "dkim/body_hash.h"
#include "queue/message.h"
#include "relay/current.h"
#include "relay/metrics.h"
#include "relay/smtp/reply.h"

namespace relay {

struct Signatures {
    std::string fields;  // each with its CRLF
    std::string by;      // "example.com/2026a,example.com/2026e"
    bool fit = true;     // false: to be held, and signed anew before they leave
};

/// `header` is final. 550 5.7.1: a domain that we do not sign for; 451 4.7.0: no key now; 550
/// 5.6.0: a header that cannot be read. No field for authors with `sign = false`.
std::variant<Signatures, smtp::Reply> sign(const Setup& setup,
                                           Metrics& metrics,
                                           const std::string& header,
                                           const std::vector<conf::DomainName>& authors,
                                           const dkim::Digest& body,
                                           conf::Instant now);

/// True while every signature of the message will verify at its receivers as far as is known, and
/// no author lacks one.
bool may_leave(const Setup& setup, const queue::EnvelopeHead& envelope, conf::Instant now);

/// Other signatures for a message from the queue, of selectors that may sign now.
/// Errors: in words why there are none.
conf::Result<Signatures> sign_again(const Setup& setup,
                                    Metrics& metrics,
                                    const queue::EnvelopeHead& envelope,
                                    const queue::Content& content,
                                    conf::Instant now);

}  // namespace relay
