#include "dkim/key_ring.h"

namespace dkim {
namespace {

// A missing `sign_from` means "since ever".
bool begins_no_later(const conf::Selector& a, const conf::Selector& b) {
    return !a.sign_from || (b.sign_from && *a.sign_from <= *b.sign_from);
}

KeyRing::Entry load_entry(const conf::Config& config,
                          const conf::Domain& domain,
                          const conf::Selector& selector) {
    KeyRing::Entry entry{selector, std::nullopt, {}};
    conf::Result<PrivateKey> key =
        PrivateKey::load(selector.key, config.dkim.allow_world_readable_keys);
    if (key) {
        entry.signer.emplace(
            domain.name, selector.name, std::move(*key), config.dkim.header_canonicalization);
    } else {
        entry.error = key.error();
    }
    return entry;
}

// The entry that signs with keys of `type`: the latest that has begun, and of those whose time has
// ended only where no other is left. Nothing where none has begun.
const KeyRing::Entry* in_force(std::span<const KeyRing::Entry> entries,
                               KeyType type,
                               conf::Instant now) {
    const KeyRing::Entry* best = nullptr;
    for (const KeyRing::Entry& entry : entries) {
        if (!entry.signer || entry.signer->key().type() != type || !entry.has_begun(now)) {
            continue;
        }
        if (best != nullptr) {
            const bool ended = entry.has_ended(now);
            const bool best_ended = best->has_ended(now);
            if (ended != best_ended ? ended : !begins_no_later(best->selector, entry.selector)) {
                continue;
            }
        }
        best = &entry;
    }
    return best;
}

}  // namespace

bool KeyRing::Entry::has_begun(conf::Instant now) const {
    return !selector.sign_from || *selector.sign_from <= now;
}

bool KeyRing::Entry::has_ended(conf::Instant now) const {
    return selector.sign_until && *selector.sign_until <= now;
}

std::shared_ptr<const KeyRing> KeyRing::load(const conf::Config& config) {
    auto ring = std::make_shared<KeyRing>();
    for (const conf::Domain& domain : config.domains) {
        DomainKeys& keys = ring->domains_[domain.name];
        keys.envelope_only = domain.envelope_only;
        for (const conf::Selector& selector : domain.selectors) {
            keys.entries.push_back(load_entry(config, domain, selector));
        }
    }
    return ring;
}

KeyRing::Standing KeyRing::standing(const conf::DomainName& domain, conf::Instant now) const {
    const auto found = domains_.find(domain);
    if (found == domains_.end()) {
        return Standing::Unknown;
    }
    const DomainKeys& keys = found->second;
    if (keys.envelope_only) {
        return Standing::EnvelopeOnly;
    }
    for (const Entry& entry : keys.entries) {
        if (!entry.signer) {
            return Standing::KeyUnusable;
        }
    }
    return in_force(keys.entries, KeyType::Rsa, now) != nullptr ||
                   in_force(keys.entries, KeyType::Ed25519, now) != nullptr
               ? Standing::Signs
               : Standing::KeyUnusable;
}

std::vector<const Signer*> KeyRing::signers(const conf::DomainName& domain,
                                            conf::Instant now) const {
    std::vector<const Signer*> signers;
    if (standing(domain, now) != Standing::Signs) {
        return signers;
    }
    for (const KeyType type : {KeyType::Rsa, KeyType::Ed25519}) {
        if (const Entry* entry = in_force(entries(domain), type, now)) {
            signers.push_back(&*entry->signer);
        }
    }
    return signers;
}

std::span<const KeyRing::Entry> KeyRing::entries(const conf::DomainName& domain) const {
    const auto found = domains_.find(domain);
    if (found == domains_.end()) {
        return {};
    }
    return found->second.entries;
}

std::vector<conf::DomainName> KeyRing::domains() const {
    std::vector<conf::DomainName> names;
    names.reserve(domains_.size());
    for (const auto& [name, keys] : domains_) {
        names.push_back(name);
    }
    return names;
}

std::vector<std::string> KeyRing::problems() const {
    std::vector<std::string> problems;
    for (const auto& [name, keys] : domains_) {
        for (const Entry& entry : keys.entries) {
            if (!entry.signer) {
                problems.push_back(name.text() + " selector " + entry.selector.name + ": " +
                                   entry.error.message());
            }
        }
    }
    return problems;
}

}  // namespace dkim
