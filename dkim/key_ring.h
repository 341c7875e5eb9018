// KeyRing: all signing keys of a configuration, by domain. Which of them sign at a moment is
// Rotation's.
//
// Threads: immutable; shared as std::shared_ptr<const KeyRing> and swapped whole on reload.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
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
        conf::Error error;   // meaningful without a signer
        std::string key_id;  // tells keys apart: type and digest of the public half

        /// True from `sign_from` on.
        [[nodiscard]] bool has_begun(conf::Instant now) const;
        [[nodiscard]] bool has_ended(conf::Instant now) const;
    };
    /// One [[domain]], its selectors in the order of the file.
    struct DomainKeys {
        conf::DomainName name;
        bool envelope_only = false;
        bool subdomains = false;
        bool sign = true;
        std::vector<Entry> entries;

        /// No key file is unusable, and one at least has begun.
        [[nodiscard]] bool can_sign(conf::Instant now) const;
        [[nodiscard]] const Entry* find(std::string_view selector) const;
    };
    enum class Standing {
        Unknown,
        EnvelopeOnly,
        Exempt,  // sign = false: leaves unsigned
        KeyUnusable,
        Signs,
    };

    /// Reads every key file. Never fails as a whole: what cannot be used is an Entry without a
    /// signer.
    static std::shared_ptr<const KeyRing> load(const conf::Config& config);

    /// Of the [[domain]] that speaks for `author`: of that name, or else the nearest parent with
    /// `subdomains`. Null where there is none.
    [[nodiscard]] const DomainKeys* keys_of(const conf::DomainName& author) const;
    /// KeyUnusable when any key file of the domain cannot be used, or none has begun: then its mail
    /// gets 451 4.7.0.
    [[nodiscard]] Standing standing(const conf::DomainName& author, conf::Instant now) const;
    [[nodiscard]] const std::map<conf::DomainName, DomainKeys>& domains() const { return domains_; }
    /// "example.com selector 2026a: <error>", one for each unusable entry.
    [[nodiscard]] std::vector<std::string> problems() const;

private:
    std::map<conf::DomainName, DomainKeys> domains_;
    bool any_subdomains_ = false;
};

}  // namespace dkim
