// Selector: what each selector is doing at a moment, since when, and what it waits for; for people,
// status and metrics.
//
// Threads: no state.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "conf/config.h"
#include "dkim/key_ring.h"
#include "dkim/rotation.h"

namespace dkim {

enum class SelectorState : std::uint8_t {
    New,      // nobody has looked at its record
    Waiting,  // for the DNS: its record is not there, or was not long enough
    Proven,   // could sign
    Signing,
    Retiring,   // signed once; what it signed may still be on its way
    Removable,  // ... and is not any more: its record may go
    Withdrawn,  // its record is gone, another one, or revokes it
    Unusable,   // its key file cannot be used
};

/// "signing", "waiting", ...: the word in tables, JSON and metrics.
std::string_view name_of(SelectorState state);

/// "rsa" or "ed25519".
std::string_view name_of(KeyType type);

struct SelectorReport {
    conf::DomainName domain;
    std::string selector;
    std::string record_name;      // where its public key is published
    std::optional<KeyType> type;  // unknown while unusable, and once it left the configuration
    int bits = 0;
    bool configured = true;
    SelectorState state = SelectorState::New;
    std::optional<conf::Instant> since;  // of the state, where it is known
    std::optional<conf::Instant> until;  // when time alone will change it, where it will
    std::string detail;                  // what it waits for, or why; may be empty

    /// The state as a sentence fragment: "waiting: there is no record, since 2026-12-01T00:00:00Z".
    [[nodiscard]] std::string text() const;
};

/// Of one domain, in the order of the file; behind them those that left the configuration and whose
/// record is still needed, or may go now.
std::vector<SelectorReport> reports_of(const KeyRing::DomainKeys& keys,
                                       const DomainLives& lives,
                                       const RotationRules& rules,
                                       conf::Instant now);

/// Of all domains, those too that left the configuration.
std::vector<SelectorReport> selector_reports(const KeyRing& ring,
                                             const Lives& lives,
                                             const RotationRules& rules,
                                             conf::Instant now);

/// Why mail of the domain is held although it may be sent: "no selector is proven: 2026a: there is
/// no record". Empty where nothing holds it.
std::string why_held(const KeyRing::DomainKeys& keys,
                     const DomainLives& lives,
                     conf::Prove prove,
                     conf::Instant now);

/// RFC 3339 in UTC, whole seconds: "2026-12-01T00:00:00Z".
std::string date_text(conf::Instant instant);

}  // namespace dkim
