#include "dkim/rotation.h"

#include <algorithm>

namespace dkim {
namespace {

using Entry = KeyRing::Entry;

// A negative answer is kept for a day at most, whatever the zone says (RFC 2308 5).
constexpr std::chrono::hours kLongestAbsence{24};
constexpr std::chrono::hours kRemembered{24 * 30};

// A missing `sign_from` means "since ever".
bool begins_no_later(const conf::Selector& a, const conf::Selector& b) {
    return !a.sign_from || (b.sign_from && *a.sign_from <= *b.sign_from);
}

/// What a selector must be to be taken.
enum class Wanted { Proven, NotWrong, Any };

bool is_eligible(const Entry& entry, const DomainLives& lives, Wanted wanted, conf::Instant now) {
    if (!entry.signer || !entry.has_begun(now)) {
        return false;
    }
    const Life* const life = find_life(lives, entry.selector.name, entry.key_id);
    if (life == nullptr) {
        return wanted != Wanted::Proven;
    }
    if (life->retired) {
        return false;
    }
    switch (wanted) {
        case Wanted::Proven:
            return life->is_proven(now);
        case Wanted::NotWrong:
            return !life->is_wrong();
        case Wanted::Any:
            return true;
    }
    return false;
}

/// The latest that has begun, and of those whose time has ended only where no other is left.
const Entry* in_force(const KeyRing::DomainKeys& keys,
                      const DomainLives& lives,
                      KeyType type,
                      Wanted wanted,
                      conf::Instant now) {
    const Entry* best = nullptr;
    for (const Entry& entry : keys.entries) {
        if (!is_eligible(entry, lives, wanted, now) || entry.signer->key().type() != type) {
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

std::vector<const Entry*> all_in_force(const KeyRing::DomainKeys& keys,
                                       const DomainLives& lives,
                                       Wanted wanted,
                                       conf::Instant now) {
    std::vector<const Entry*> chosen;
    for (const KeyType type : {KeyType::Rsa, KeyType::Ed25519}) {
        if (const Entry* entry = in_force(keys, lives, type, wanted, now)) {
            chosen.push_back(entry);
        }
    }
    return chosen;
}

bool another_is_proven(const KeyRing::DomainKeys& keys,
                       const DomainLives& lives,
                       const std::string& selector,
                       conf::Instant now) {
    return std::any_of(keys.entries.begin(), keys.entries.end(), [&](const Entry& entry) {
        return entry.selector.name != selector && is_eligible(entry, lives, Wanted::Proven, now);
    });
}

void see(Life& life, const Look& look, conf::Instant now) {
    if (look.sight == Sight::Unseen) {
        return;
    }
    if (look.sight != life.sight) {
        life.sight = look.sight;
        life.since = now;
        life.proven_from.reset();
    }
    life.seen = look.seen;
    if (life.sight == Sight::Ours && !life.proven_from && look.negative_ttl) {
        // Receivers that asked before the record was there may keep its absence until then.
        life.proven_from =
            life.since + std::min<std::chrono::seconds>(*look.negative_ttl, kLongestAbsence);
    }
}

/// The first selectors of a domain sign as soon as they are seen, and so does one that has to step
/// in: nobody else's proof is there to wait behind.
void prove_at_once(const KeyRing::DomainKeys& keys, DomainLives& lives, conf::Instant now) {
    std::vector<Life*> alone;
    for (auto& [selector, life] : lives) {
        if (life.sight == Sight::Ours && !life.is_proven(now) &&
            !another_is_proven(keys, lives, selector, now)) {
            alone.push_back(&life);
        }
    }
    for (Life* const life : alone) {
        life->proven_from = now;
    }
}

void note_signing(Life& life, bool signs, conf::Instant now) {
    if (signs) {
        if (!life.signs_from) {
            life.signs_from = now;
        }
        life.signed_until.reset();
        life.left.reset();
    } else if (life.signs_from && !life.signed_until) {
        life.signed_until = now;
        life.left.reset();
    }
}

}  // namespace

bool Choice::contains(const KeyRing::Entry& entry) const {
    return std::find(signing.begin(), signing.end(), &entry) != signing.end();
}

Choice choose(const KeyRing::DomainKeys& keys,
              const DomainLives& lives,
              conf::Prove prove,
              conf::Instant now) {
    Choice choice;
    if (keys.envelope_only || !keys.sign || !keys.can_sign(now)) {
        return choice;
    }
    if (prove == conf::Prove::Off) {
        choice.signing = all_in_force(keys, lives, Wanted::Any, now);
        return choice;
    }
    choice.signing = all_in_force(keys, lives, Wanted::Proven, now);
    if (choice.signing.empty()) {
        choice.signing = all_in_force(keys, lives, Wanted::NotWrong, now);
        choice.fit = prove == conf::Prove::Warn && !choice.signing.empty();
    }
    return choice;
}

bool may_leave(const KeyRing::DomainKeys& keys,
               std::string_view selector,
               const DomainLives& lives,
               conf::Prove prove,
               conf::Instant now) {
    const Entry* const entry = keys.find(selector);
    if (entry == nullptr || !entry->signer) {
        return false;  // nobody looks at its record any more
    }
    const Life* const life = find_life(lives, selector, entry->key_id);
    switch (prove) {
        case conf::Prove::Off:
            return true;
        case conf::Prove::Warn:
            return life == nullptr || life->is_proven(now) ||
                   (!life->is_wrong() && choose(keys, lives, prove, now).contains(*entry));
        case conf::Prove::Required:
            return life != nullptr && life->is_proven(now);
    }
    return false;
}

DomainLives advance(const KeyRing::DomainKeys& keys,
                    DomainLives lives,
                    const std::map<std::string, Look>& looks,
                    const RotationRules& rules,
                    conf::Instant now) {
    for (const Entry& entry : keys.entries) {
        if (!entry.signer) {
            continue;
        }
        Life& life = lives[entry.selector.name];
        if (life.key != entry.key_id) {
            life = Life{};
            life.key = entry.key_id;
        }
    }
    for (const auto& [selector, look] : looks) {
        if (const auto found = lives.find(selector); found != lives.end()) {
            see(found->second, look, now);
        }
    }
    prove_at_once(keys, lives, now);
    const Choice choice = choose(keys, lives, rules.prove, now);
    const bool stopped = keys.sign && !keys.can_sign(now);  // a key file: it will sign again
    for (auto it = lives.begin(); it != lives.end();) {
        Life& life = it->second;
        const Entry* const entry = keys.find(it->first);
        if (!stopped || entry == nullptr) {
            note_signing(life, entry != nullptr && choice.fit && choice.contains(*entry), now);
        }
        const bool over =
            !life.signs_from || (life.left && *life.left + rules.retire_after + kRemembered < now);
        it = entry == nullptr && over ? lives.erase(it) : std::next(it);
    }
    return lives;
}

conf::Instant next_change(const KeyRing::DomainKeys& keys,
                          const DomainLives& lives,
                          const RotationRules& rules,
                          conf::Instant now) {
    conf::Instant next = conf::Instant::max();
    const auto note = [&](const std::optional<conf::Instant>& at) {
        if (at && *at > now) {
            next = std::min(next, *at);
        }
    };
    for (const Entry& entry : keys.entries) {
        note(entry.selector.sign_from);
        note(entry.selector.sign_until);
    }
    for (const auto& [name, life] : lives) {
        note(life.proven_from);
        if (life.left) {
            note(*life.left + rules.retire_after);
        }
    }
    return next;
}

}  // namespace dkim
