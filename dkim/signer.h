// Signer: one selector of one domain with its key; makes whole DKIM-Signature fields.
//
// Signs all present instances of the SignedFields, bottom up, and oversigns some of them, so that a
// field added on the way breaks the signature. No l=.
//
// Standards: RFC 6376 (5, 3.5, 3.7, 5.4), RFC 8301, RFC 8463.
// Threads:   immutable; safe from several loops at once.
#pragma once

#include <chrono>
#include <string>

#include "conf/config.h"
#include "dkim/body_hash.h"
#include "dkim/field.h"
#include "dkim/key.h"
#include "dkim/signed_fields.h"

namespace dkim {

class Signer {
public:
    Signer(conf::DomainName domain,
           std::string selector,
           PrivateKey key,
           conf::Canonicalization header,
           SignedFields fields = {},
           conf::Duration expiry = {});

    /// The whole field, "DKIM-Signature: v=1; ...\r\n", folded below 78 octets. `now` becomes t=,
    /// and with `expiry` x=. An `author` below the domain is named by i=.
    /// Errors: BadHeader when there is not exactly one From:, SigningFailed from the library.
    [[nodiscard]] conf::Result<std::string> sign(const Header& header,
                                                 const Digest& body,
                                                 conf::Instant now,
                                                 const conf::DomainName& author = {}) const;

    [[nodiscard]] const conf::DomainName& domain() const { return domain_; }
    [[nodiscard]] const std::string& selector() const { return selector_; }
    [[nodiscard]] const PrivateKey& key() const { return key_; }
    /// "2026a._domainkey.example.com"
    [[nodiscard]] std::string record_name() const;

private:
    conf::DomainName domain_;
    std::string selector_;
    PrivateKey key_;
    conf::Canonicalization header_canonicalization_;
    SignedFields fields_;
    std::chrono::seconds expiry_;
};

}  // namespace dkim
