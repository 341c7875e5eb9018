// Selector: what each configured selector is doing at a moment, and why; for people, status and
// metrics.
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

namespace dkim {

enum class SelectorState : std::uint8_t {
    Signing,
    Waiting,   // its `sign_from` is still to come
    Replaced,  // has begun, but a later selector with the same type of key signs
    Ended,     // its `sign_until` has passed and another one signs
    Stopped,   // would sign, but another key of its domain cannot be used
    Unusable,  // its key file cannot be used
};

/// "signing", "waiting", ...: the word in tables, JSON and metrics.
std::string_view name_of(SelectorState state);

/// "rsa" or "ed25519".
std::string_view name_of(KeyType type);

struct SelectorReport {
    conf::DomainName domain;
    std::string selector;
    std::string record_name;      // where its public key is published
    std::optional<KeyType> type;  // unknown while unusable
    int bits = 0;
    SelectorState state = SelectorState::Signing;
    std::optional<conf::Instant>
        time;            // Waiting: until when. Ended, or Signing beyond its end: since when
    std::string reason;  // Unusable: why

    /// The state as a sentence fragment: "waiting until 2026-12-01T00:00:00Z", "unusable: key file
    /// is not safe: ...".
    [[nodiscard]] std::string text() const;
};

/// One for each selector, by domain and then in the order of the file. Domains for the envelope
/// alone have none.
std::vector<SelectorReport> selector_reports(const KeyRing& ring, conf::Instant now);

}  // namespace dkim
