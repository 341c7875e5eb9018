#include "dkim/key_ring.h"

#include <algorithm>

#include "dkim/sha256.h"

namespace dkim {
namespace {

/// "rsa:" and 16 hexadecimal digits: enough to tell the keys of one selector apart.
std::string id_of(const PrivateKey& key) {
    constexpr std::string_view kDigits = "0123456789abcdef";
    constexpr std::size_t kOctets = 8;
    std::string id = key.type() == KeyType::Rsa ? "rsa:" : "ed25519:";
    const Sha256Digest digest = sha256(key.public_octets());
    for (std::size_t i = 0; i < kOctets; ++i) {
        id += kDigits[digest[i] >> 4U];
        id += kDigits[digest[i] & 15U];
    }
    return id;
}

KeyRing::Entry load_entry(const conf::Config& config,
                          const conf::Domain& domain,
                          const conf::Selector& selector) {
    KeyRing::Entry entry{selector, std::nullopt, {}, {}};
    conf::Result<PrivateKey> key =
        PrivateKey::load(selector.key, config.dkim.allow_world_readable_keys);
    if (key) {
        entry.key_id = id_of(*key);
        entry.signer.emplace(domain.name,
                             selector.name,
                             std::move(*key),
                             config.dkim.header_canonicalization,
                             SignedFields(domain.headers),
                             config.dkim.signature_expiry);
    } else {
        entry.error = key.error();
    }
    return entry;
}

}  // namespace

bool KeyRing::Entry::has_begun(conf::Instant now) const {
    return !selector.sign_from || *selector.sign_from <= now;
}

bool KeyRing::Entry::has_ended(conf::Instant now) const {
    return selector.sign_until && *selector.sign_until <= now;
}

bool KeyRing::DomainKeys::can_sign(conf::Instant now) const {
    return std::all_of(entries.begin(),
                       entries.end(),
                       [](const Entry& entry) { return entry.signer.has_value(); }) &&
           std::any_of(entries.begin(), entries.end(), [&](const Entry& entry) {
               return entry.has_begun(now);
           });
}

const KeyRing::Entry* KeyRing::DomainKeys::find(std::string_view selector) const {
    const auto found = std::find_if(entries.begin(), entries.end(), [&](const Entry& entry) {
        return entry.selector.name == selector;
    });
    return found == entries.end() ? nullptr : &*found;
}

std::shared_ptr<const KeyRing> KeyRing::load(const conf::Config& config) {
    auto ring = std::make_shared<KeyRing>();
    for (const conf::Domain& domain : config.domains) {
        DomainKeys& keys = ring->domains_[domain.name];
        keys.name = domain.name;
        keys.envelope_only = domain.envelope_only;
        keys.subdomains = domain.subdomains;
        keys.sign = domain.sign;
        ring->any_subdomains_ = ring->any_subdomains_ || domain.subdomains;
        for (const conf::Selector& selector : domain.selectors) {
            keys.entries.push_back(load_entry(config, domain, selector));
        }
    }
    return ring;
}

const KeyRing::DomainKeys* KeyRing::keys_of(const conf::DomainName& author) const {
    if (const auto found = domains_.find(author); found != domains_.end()) {
        return &found->second;
    }
    const DomainKeys* nearest = nullptr;
    if (any_subdomains_) {
        for (const auto& [name, keys] : domains_) {
            if (keys.subdomains && author.is_within(name) &&
                (nearest == nullptr || name.is_within(nearest->name))) {
                nearest = &keys;
            }
        }
    }
    return nearest;
}

KeyRing::Standing KeyRing::standing(const conf::DomainName& author, conf::Instant now) const {
    const DomainKeys* const keys = keys_of(author);
    if (keys == nullptr) {
        return Standing::Unknown;
    }
    if (keys->envelope_only) {
        return Standing::EnvelopeOnly;
    }
    if (!keys->sign) {
        return Standing::Exempt;
    }
    return keys->can_sign(now) ? Standing::Signs : Standing::KeyUnusable;
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
