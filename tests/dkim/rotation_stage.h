// RotationStage: one domain with selectors, what the DNS shows of them, and a clock in hours, for
// the tests of the life of selectors.
#pragma once

#include <map>
#include <optional>
#include <string>

#include "dkim/rotation.h"
#include "dkim/selector.h"
#include "tests/dkim/test_keys.h"

namespace test {

inline conf::Instant at(int hour) {
    return conf::Instant{std::chrono::hours(hour)};
}

inline conf::DomainName name(const std::string& text) {
    return conf::DomainName::parse(text).value();
}

/// "Ours, and a negative TTL of so many hours", ...
inline dkim::Look look(dkim::Sight sight, std::optional<int> ttl_hours = {}) {
    dkim::Look made;
    made.sight = sight;
    made.seen = "it is " + std::string(dkim::name_of(sight));
    if (ttl_hours) {
        made.negative_ttl = std::chrono::hours(*ttl_hours);
    }
    return made;
}

class RotationStage {
public:
    using Looks = std::map<std::string, dkim::Look>;

    explicit RotationStage(conf::Prove prove = conf::Prove::Required) {
        rules.prove = prove;
        rules.retire_after = std::chrono::hours(24);
        keys.name = name("example.com");
    }

    void add(const std::string& selector,
             std::optional<int> from = {},
             std::optional<int> until = {},
             dkim::KeyType type = dkim::KeyType::Rsa) {
        dkim::KeyRing::Entry& entry = keys.entries.emplace_back();
        entry.selector.name = selector;
        if (from) {
            entry.selector.sign_from = at(*from);
        }
        if (until) {
            entry.selector.sign_until = at(*until);
        }
        entry.key_id = "key of " + selector;
        entry.signer.emplace(keys.name,
                             selector,
                             type == dkim::KeyType::Rsa ? rsa_key() : ed25519_key(),
                             conf::Canonicalization::Relaxed);
    }
    dkim::KeyRing::Entry& entry(const std::string& selector) {
        for (auto& own : keys.entries) {
            if (own.selector.name == selector) {
                return own;
            }
        }
        return keys.entries.at(keys.entries.size());
    }
    /// Takes it out of the configuration.
    void remove(const std::string& selector) {
        std::erase_if(keys.entries, [&](const auto& own) { return own.selector.name == selector; });
    }
    /// Its key file cannot be used any more.
    void spoil(const std::string& selector) { entry(selector).signer.reset(); }

    void step(int hour, const Looks& looks = {}) {
        lives = dkim::advance(keys, lives, looks, rules, at(hour));
    }
    /// Every selector that is configured shows our key; each is proven at once.
    void prove_all(int hour = 0) {
        Looks looks;
        for (const auto& own : keys.entries) {
            looks[own.selector.name] = look(dkim::Sight::Ours, 0);
        }
        step(hour, looks);
    }

    [[nodiscard]] dkim::Choice choice(int hour) const {
        return dkim::choose(keys, lives, rules.prove, at(hour));
    }
    /// "a e": who signs; "held: a": who would, though mail is held.
    [[nodiscard]] std::string signing(int hour) const {
        const dkim::Choice chosen = choice(hour);
        std::string out = chosen.fit ? "" : "held:";
        for (const auto* own : chosen.signing) {
            out += (out.empty() ? "" : " ") + own->selector.name;
        }
        return out;
    }
    [[nodiscard]] bool may_leave(const std::string& selector, int hour) const {
        return dkim::may_leave(keys, selector, lives, rules.prove, at(hour));
    }
    /// "a signing, b waiting"
    [[nodiscard]] std::string states(int hour) const {
        std::string out;
        for (const auto& report : dkim::reports_of(keys, lives, rules, at(hour))) {
            out += (out.empty() ? "" : ", ") + report.selector + " " +
                   std::string(dkim::name_of(report.state));
        }
        return out;
    }

    dkim::KeyRing::DomainKeys keys;
    dkim::DomainLives lives;
    dkim::RotationRules rules;
};

}  // namespace test
