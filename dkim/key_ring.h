// KeyRing: all signing keys of a configuration, and which of them sign for an author domain at a
// moment.
//
// Per key type exactly one selector signs: of those whose `sign_from` has passed (missing: always),
// the latest; ties: the last in the file. At `sign_until` another one takes over that has begun and
// not ended, the latest again; without one it goes on signing. RSA stands before Ed25519.
//
// Threads: immutable; shared as std::shared_ptr<const KeyRing> and swapped whole on reload.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "conf/config.h"
#include "dkim/signer.h"

namespace dkim {

class KeyRing {
public:
    /// One configured selector: its signer, or why its key file cannot be used.
    struct Entry {
        conf::Selector selector;
        std::optional<Signer> signer;
        conf::Error error;  // meaningful without a signer

        /// True from `sign_from` on.
        [[nodiscard]] bool has_begun(conf::Instant now) const;
        [[nodiscard]] bool has_ended(conf::Instant now) const;
    };
    enum class Standing { Unknown, EnvelopeOnly, KeyUnusable, Signs };

    /// Reads every key file. Never fails as a whole: what cannot be used is an Entry without a
    /// signer.
    static std::shared_ptr<const KeyRing> load(const conf::Config& config);

    /// KeyUnusable when any key file of the domain cannot be used, or none is in force: then its
    /// mail gets 451 4.7.0.
    [[nodiscard]] Standing standing(const conf::DomainName& domain, conf::Instant now) const;
    /// The signers in force: one per key type. Empty unless standing is Signs.
    [[nodiscard]] std::vector<const Signer*> signers(const conf::DomainName& domain,
                                                     conf::Instant now) const;
    /// All entries of a domain, in the order of the file.
    [[nodiscard]] std::span<const Entry> entries(const conf::DomainName& domain) const;
    [[nodiscard]] std::vector<conf::DomainName> domains() const;
    /// "example.com selector 2026a: <error>", one for each unusable entry.
    [[nodiscard]] std::vector<std::string> problems() const;

private:
    struct DomainKeys {
        bool envelope_only = false;
        std::vector<Entry> entries;
    };
    std::map<conf::DomainName, DomainKeys> domains_;
};

}  // namespace dkim
