#include "dkim/verify.h"

#include <algorithm>
#include <unordered_map>
#include <utility>
#include <variant>

#include "dkim/ascii.h"
#include "dkim/canonical.h"
#include "dkim/errors.h"
#include "dkim/public_key.h"

namespace dkim {
namespace {

// RFC 8301 3.2: Verifiers MUST NOT consider signatures using RSA keys of less than 1024 bits as
// valid signatures. Nobody has to look at more than 4096; twice that is no harm yet.
constexpr int kMinRsaBits = 1024;
constexpr int kMaxRsaBits = 8192;

Verdict fail(std::string reason) {
    return {Verdict::Kind::Fail, std::move(reason)};
}

Verdict useless(std::string reason) {
    return {Verdict::Kind::PermError, std::move(reason)};
}

/// RFC 6376 6.1.2: the one key record, or why there is none to use.
std::variant<PublicRecord, Verdict> chosen_record(const KeyLookup& lookup) {
    switch (lookup.status) {
        case KeyLookup::Status::Unavailable:
            return Verdict{Verdict::Kind::TempError,
                           "the key could not be looked up: " + lookup.why};
        case KeyLookup::Status::NotFound:
            return useless("there is no key record");
        case KeyLookup::Status::Found:
            break;
    }
    if (lookup.records.empty()) {
        return useless("there is no key record");
    }
    // RFC 6376 3.6.2.2: TXT RRs MUST be unique for a particular selector name ... if there are
    // multiple records in an RRset, the results are undefined.
    if (lookup.records.size() > 1) {
        return useless("there are several key records at one name");
    }
    auto record = PublicRecord::parse(lookup.records.front());
    if (!record) {
        return useless("key record: " + record.error().detail);
    }
    return std::move(*record);
}

/// RFC 6376 6.1.2 and RFC 8301 3.2: the key of `record`, or why it is not one for `signature`.
std::variant<PublicKey, Verdict> usable_key(const PublicRecord& record,
                                            const Signature& signature) {
    // If the public-key data ... is empty, then this key has been revoked.
    if (record.revoked()) {
        return useless("the key is revoked (empty p=)");
    }
    // If the public-key data is not suitable for use with the algorithm and key types defined
    // by the "a=" and "k=" tags ...
    if (record.type != signature.type) {
        return useless(record.type == KeyType::Rsa
                           ? "the key is of another type: k= is rsa, a= is ed25519-sha256"
                           : "the key is of another type: k= is ed25519, a= is rsa-sha256");
    }
    // 3.6.1, t=s: Any DKIM-Signature header fields using the "i=" tag MUST have the same domain
    // value on the right-hand side of the "@" in the "i=" tag and the value of the "d=" tag.
    if (record.strict && signature.identity != signature.domain) {
        return useless("the key is not for subdomains (t=s), but i= names one");
    }
    auto key = PublicKey::read(record);
    if (!key) {
        return useless("key record: " + key.error().detail);
    }
    if (key->type() == KeyType::Rsa && key->bits() < kMinRsaBits) {
        return fail("the RSA key has " + std::to_string(key->bits()) +
                    " bits: under 1024 it proves nothing");
    }
    if (key->type() == KeyType::Rsa && key->bits() > kMaxRsaBits) {
        return Verdict{Verdict::Kind::Policy,
                       "the RSA key has " + std::to_string(key->bits()) +
                           " bits: over 8192 it is not looked at"};
    }
    return std::move(*key);
}

}  // namespace

Verifier::Verifier(Header header, conf::Instant now) : header_(std::move(header)) {
    for (const Field& field : header_.fields()) {
        if (!field.is("DKIM-Signature")) {
            continue;
        }
        if (signatures_.size() == kMaxSignatures) {
            ++unread_;
            continue;
        }
        signatures_.push_back(Signature::read(field, now));
        const Signature& signature = signatures_.back();
        if (signature.fault) {
            continue;
        }
        const std::uint64_t limit = limit_of(signature);
        const bool known = std::any_of(bodies_.begin(), bodies_.end(), [&](const Body& body) {
            return body.canonicalization == signature.body_canonicalization && body.limit == limit;
        });
        if (!known) {
            bodies_.push_back({signature.body_canonicalization,
                               limit,
                               BodyHash(signature.body_canonicalization, limit)});
        }
    }
}

std::uint64_t Verifier::limit_of(const Signature& signature) {
    return signature.body_length.value_or(BodyHash::kWhole);
}

void Verifier::update(std::string_view body) {
    for (Body& each : bodies_) {
        each.hash.update(body);
    }
}

void Verifier::finish() {
    for (Body& each : bodies_) {
        each.digest = each.hash.finish();
        each.size = each.hash.size();
    }
}

const Verifier::Body& Verifier::body_of(const Signature& signature) const {
    return *std::find_if(bodies_.begin(), bodies_.end(), [&](const Body& body) {
        return body.canonicalization == signature.body_canonicalization &&
               body.limit == limit_of(signature);
    });
}

Sha256Digest Verifier::header_digest(const Signature& signature) const {
    // RFC 6376 5.4.2: of a name that comes several times the last instance is taken first, from
    // the bottom of the header to its top. Only what h= names is gathered.
    std::unordered_map<std::string, std::vector<const Field*>> instances;
    for (const std::string& name : signature.names) {
        instances.try_emplace(name);
    }
    std::string name;
    for (const Field& field : header_.fields()) {
        name.assign(field.name);
        std::transform(name.begin(), name.end(), name.begin(), lower);
        const auto found = instances.find(name);
        // 3.5: h= may name DKIM-Signature, but never this one, which comes last.
        if (found != instances.end() && field.raw.data() != signature.field.raw.data()) {
            found->second.push_back(&field);
        }
    }
    std::string octets;
    for (const std::string& wanted : signature.names) {
        std::vector<const Field*>& left = instances.find(wanted)->second;
        // 5.4: a name without an instance left is the null string.
        if (!left.empty()) {
            append_canonical(*left.back(), signature.header_canonicalization, octets);
            left.pop_back();
        }
    }
    // 3.7: the DKIM-Signature header field ... with the value of the "b=" tag (including all
    // surrounding whitespace) deleted ... without a trailing CRLF.
    std::string own(signature.field.raw);
    const auto offset = [&](std::string_view part) {
        return static_cast<std::size_t>(part.data() - signature.field.raw.data());
    };
    own.erase(offset(signature.b), signature.b.size());
    const std::size_t value = offset(signature.field.value);
    const std::string_view whole(own);
    append_canonical({whole,
                      whole.substr(0, signature.field.name.size()),
                      whole.substr(value, whole.size() - 2 - value)},
                     signature.header_canonicalization,
                     octets);
    octets.resize(octets.size() - 2);
    return sha256(octets);
}

Verdict Verifier::judge(std::size_t number, const KeyLookup& lookup) const {
    const Signature& signature = signatures_[number];
    if (signature.fault) {
        return *signature.fault;
    }
    const auto record = chosen_record(lookup);
    if (const auto* verdict = std::get_if<Verdict>(&record)) {
        return *verdict;
    }
    const auto key = usable_key(std::get<PublicRecord>(record), signature);
    if (const auto* verdict = std::get_if<Verdict>(&key)) {
        return *verdict;
    }
    // RFC 6376 3.5: the "l=" value MUST NOT be larger than the actual number of octets in the
    // canonicalized message body.
    const Body& body = body_of(signature);
    if (signature.body_length && *signature.body_length > body.size) {
        return fail("l= is larger than the body");
    }
    if (body.digest.sha256 != signature.body_hash) {
        return fail("the body was changed: its hash differs from bh=");
    }
    if (!std::get<PublicKey>(key).verifies(header_digest(signature), signature.octets)) {
        return fail(
            "the signature does not match: a signed field was changed, or another key made it");
    }
    std::string reason = "the signature is good";
    if (signature.body_length && *signature.body_length < body.size) {
        reason += ", but the last " + std::to_string(body.size - *signature.body_length) +
                  " octets of the body are not signed (l=)";
    }
    if (std::get<PublicRecord>(record).testing) {
        reason += "; its key is marked as a test (t=y)";
    }
    return {Verdict::Kind::Pass, std::move(reason)};
}

}  // namespace dkim
