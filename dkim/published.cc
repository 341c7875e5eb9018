#include "dkim/published.h"

#include <algorithm>

#include "dkim/body_hash.h"
#include "dkim/verify.h"

namespace dkim {
namespace {

/// Foreign text goes to terminals and logs.
std::string printable(std::string text) {
    std::replace_if(
        text.begin(), text.end(), [](char c) { return c < ' ' || c > '~'; }, '?');
    return text;
}

std::string words_for(KeyType type) {
    return type == KeyType::Rsa ? "an RSA key" : "an Ed25519 key";
}

/// A signature for the domain, and where subdomains are signed for also for one of those.
Verdict probe(const KeyRing::DomainKeys& keys,
              const KeyRing::Entry& entry,
              const std::vector<std::string>& records,
              conf::Instant now) {
    const std::string from = "From: <postmaster@" + keys.name.text() + ">\r\n";
    const auto header = Header::parse(from);
    const auto below = conf::DomainName::parse("a." + keys.name.text());
    const auto signed_field = entry.signer->sign(*header,
                                                 BodyHash(conf::Canonicalization::Relaxed).finish(),
                                                 now,
                                                 keys.subdomains && below ? *below : keys.name);
    if (!signed_field) {
        return {Verdict::Kind::PermError,
                "a test signature failed: " + signed_field.error().message()};
    }
    const std::string message = *signed_field + from;
    auto whole = Header::parse(message);
    Verifier verifier(std::move(*whole), now);
    verifier.finish();
    return verifier.judge(0, {KeyLookup::Status::Found, records, {}});
}

}  // namespace

Published judge_records(const KeyRing::DomainKeys& keys,
                        const KeyRing::Entry& entry,
                        const std::vector<std::string>& records,
                        conf::Instant now) {
    if (records.empty()) {
        return {Sight::Absent, "there is no record", false};
    }
    // RFC 6376 3.6.2.2: with several records the results are undefined.
    if (records.size() > 1) {
        return {Sight::Different,
                std::to_string(records.size()) +
                    " records stand there, and receivers may take any of them: remove the others",
                false};
    }
    const auto record = PublicRecord::parse(records.front());
    if (!record) {
        return {Sight::Different, "no key record: " + printable(record.error().message()), false};
    }
    if (record->revoked()) {
        return {Sight::Revoked, "the record revokes the key (empty p=)", false};
    }
    const PrivateKey& key = entry.signer->key();
    if (record->type != key.type()) {
        return {
            Sight::Different,
            "the record is of " + words_for(record->type) + ", ours is " + words_for(key.type()),
            false};
    }
    if (record->key != key.public_octets()) {
        return {Sight::Different, "another key than ours is published", false};
    }
    if (record->strict && keys.subdomains) {
        return {Sight::Different,
                "the record is not for subdomains (t=s), but the domain signs for them: remove "
                "the s",
                false};
    }
    if (const Verdict verdict = probe(keys, entry, records, now);
        verdict.kind != Verdict::Kind::Pass) {
        return {Sight::Different,
                "a test signature does not verify: " + printable(verdict.reason),
                false};
    }
    return {
        Sight::Ours,
        record->testing ? "our key is published, marked as a test (t=y)" : "our key is published",
        record->testing};
}

std::optional<std::string> self_test(const KeyRing::DomainKeys& keys,
                                     const KeyRing::Entry& entry,
                                     conf::Instant now) {
    if (!entry.signer) {
        return entry.error.message();
    }
    const Verdict verdict = probe(keys, entry, {entry.signer->key().record()}, now);
    if (verdict.kind == Verdict::Kind::Pass) {
        return std::nullopt;
    }
    return entry.selector.name + ": a test signature does not verify: " + verdict.reason;
}

Look combine(const Published& resolver, const std::vector<Witness>& servers) {
    const auto shows = [](const Witness& witness) {
        return witness.published.sight == Sight::Ours;
    };
    const auto one = std::find_if(servers.begin(), servers.end(), shows);
    const auto other = std::find_if_not(servers.begin(), servers.end(), shows);
    const bool some = one != servers.end();
    const bool all = other == servers.end();
    Look look;
    look.sight = resolver.sight;
    look.seen = resolver.seen;
    if (some && !all) {
        look.sight = Sight::Disagreed;
        look.seen = "the servers of its zone disagree: " + one->server + " shows our key, " +
                    other->server + " says: " + other->published.seen;
    } else if (!some && !all && resolver.sight == Sight::Ours) {
        look.sight = other->published.sight;
        look.seen = other->published.seen +
                    " (so say the servers of its zone; the resolver still "
                    "has our key)";
    } else if (some && all && resolver.sight != Sight::Ours) {
        look.sight = Sight::Disagreed;
        look.seen =
            "the servers of its zone show our key, the resolver does not yet: " + resolver.seen;
    }
    return look;
}

}  // namespace dkim
