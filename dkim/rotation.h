// Rotation: the life of selectors as a pure state machine over the configuration, what the DNS
// shows, and the time.
//
//   new -> waiting for DNS -> proven -> signing -> retiring -> removable
//
// A key is proven while the resolver and every authoritative server that answers show it; while
// another proven selector of the domain signs, also the zone's negative TTL has passed since it was
// first seen, so that no receiver keeps its absence. Of the proven ones exactly one signs per key
// type: of those whose `sign_from` has passed (missing: always) the latest; ties: the last in the
// file. At `sign_until` another proven one takes over; without one it goes on.
//
// Standards: RFC 2308 5 (negative TTL), RFC 6376 3.6.1 (revoked keys).
// Threads:   no state.
#pragma once

#include <chrono>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "conf/config.h"
#include "dkim/key_ring.h"
#include "dkim/life.h"

namespace dkim {

/// What one look at a selector's record brought. Unseen: no definite answer, which changes nothing.
struct Look {
    Sight sight = Sight::Unseen;
    std::string seen;
    std::optional<std::chrono::seconds> negative_ttl;  // of the zone, where it is known
};

/// Who signs for a domain now.
struct Choice {
    std::vector<const KeyRing::Entry*> signing;  // RSA before Ed25519
    /// False: no selector that has begun is proven, and `prove` wants one. What these sign is
    /// stored and held, and signed anew before it leaves. None of them has a key that is known to
    /// be wrong, so there may be none.
    bool fit = true;

    [[nodiscard]] bool contains(const KeyRing::Entry& entry) const;
};

/// Nothing where the domain cannot sign at all: envelope_only, sign = false, an unusable key.
Choice choose(const KeyRing::DomainKeys& keys,
              const DomainLives& lives,
              conf::Prove prove,
              conf::Instant now);

/// Whether a signature by this selector may leave now, however long ago it was made.
bool may_leave(const KeyRing::DomainKeys& keys,
               std::string_view selector,
               const DomainLives& lives,
               conf::Prove prove,
               conf::Instant now);

struct RotationRules {
    conf::Prove prove = conf::Prove::Required;
    conf::Duration retire_after{};
};

/// The lives after `looks` (by selector; those not looked at have none), at `now`. Lives of
/// selectors that left the configuration stay until 30 days after they became removable.
DomainLives advance(const KeyRing::DomainKeys& keys,
                    DomainLives lives,
                    const std::map<std::string, Look>& looks,
                    const RotationRules& rules,
                    conf::Instant now);

/// The next moment at which time alone changes something: a date of the configuration, a proof, the
/// end of a retirement. Instant::max() for none.
conf::Instant next_change(const KeyRing::DomainKeys& keys,
                          const DomainLives& lives,
                          const RotationRules& rules,
                          conf::Instant now);

}  // namespace dkim
