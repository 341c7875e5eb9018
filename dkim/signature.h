// Signature: what one DKIM-Signature field says, judged as far as the field alone allows.
//
// What is wrong in it ends as its `fault`; what was read before that stays, so that people can be
// told whose signature it was.
//
// Standards: RFC 6376 3.5 (tags), 6.1.1 (what a verifier refuses), RFC 8301 3.1 (no SHA-1), RFC
//   8463 (ed25519-sha256), RFC 8616 (U-labels and A-labels are the same name).
// Threads:   values; `field` looks into memory that the caller keeps alive and unchanged.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "conf/config.h"
#include "conf/domain_name.h"
#include "dkim/field.h"
#include "dkim/key.h"
#include "dkim/sha256.h"
#include "dkim/verdict.h"

namespace dkim {

struct Signature {
    /// `now` is for x=.
    static Signature read(const Field& field, conf::Instant now);

    /// Where its key is published: "2026a._domainkey.example.com". Meaningful without a fault.
    [[nodiscard]] std::string key_name() const;

    Field field;
    std::string_view b;  // all between "b=" and the end of its tag, the white space around included

    std::optional<KeyType> type;  // a=; nothing where it is neither rsa-sha256 nor ed25519-sha256
    conf::DomainName domain;      // d=
    conf::DomainName selector;    // s=, which may have several labels
    conf::DomainName identity;    // the domain of i=
    conf::Canonicalization header_canonicalization = conf::Canonicalization::Simple;
    conf::Canonicalization body_canonicalization = conf::Canonicalization::Simple;
    std::optional<std::uint64_t> body_length;  // l=; what no number can hold is the largest one
    std::vector<std::string> names;            // h=, in lower case
    Sha256Digest body_hash{};
    std::string octets;  // of b=

    std::optional<Verdict> fault;  // why it can never verify
};

}  // namespace dkim
