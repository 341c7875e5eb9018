// Life: what is remembered of one selector, from the first look at its record to the day when that
// may go.
//
// A life belongs to one key: another key under the same name begins anew. Lives outlast a restart
// of the relay, so that no proof is lost and none is invented while the DNS cannot be asked.
//
// Threads: values; Lives is shared as std::shared_ptr<const Lives> and swapped whole.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "conf/config.h"
#include "conf/result.h"

namespace dkim {

/// What the DNS shows where a selector's key should be.
enum class Sight : std::uint8_t {
    Unseen,     // never looked at, or never with an answer
    Ours,       // everybody who answers shows our key
    Absent,     // there is no record
    Different,  // a record, but not one that makes our signatures verify
    Revoked,    // the record says that the key is withdrawn (empty p=)
    Disagreed,  // some show our key, others do not
};

std::string_view name_of(Sight sight);

struct Life {
    std::string key;  // KeyRing::Entry::key_id
    Sight sight = Sight::Unseen;
    std::string seen;       // the same in words
    conf::Instant since{};  // of `sight`; meaningful unless Unseen
    /// Ours: proven from then on, which may still be to come. Unset: not known yet.
    std::optional<conf::Instant> proven_from;
    std::optional<conf::Instant> signs_from;    // it signs, or has once signed
    std::optional<conf::Instant> signed_until;  // ... and does no more
    /// After signed_until: no message that it signed waits any more, noticed then.
    std::optional<conf::Instant> left;
    std::optional<conf::Instant> retired;  // a person took it out of service
    bool operator==(const Life&) const = default;

    [[nodiscard]] bool is_proven(conf::Instant now) const {
        return sight == Sight::Ours && proven_from && *proven_from <= now;
    }
    /// Signatures with this key are known not to verify.
    [[nodiscard]] bool is_wrong() const {
        return sight == Sight::Different || sight == Sight::Revoked;
    }

    /// One line of printable ASCII, for the store.
    [[nodiscard]] std::string text() const;
    /// Errors: BadTagList, the detail naming the tag.
    static conf::Result<Life> parse(std::string_view text);
};

/// Of the selectors of one domain, by name: those of the configuration, and those that were in it
/// and are not removable yet.
using DomainLives = std::map<std::string, Life, std::less<>>;

class Lives {
public:
    /// Empty for a domain that nothing is known of.
    [[nodiscard]] const DomainLives& of(const conf::DomainName& domain) const;
    /// Null where nothing is known of this selector with this key.
    [[nodiscard]] const Life* find(const conf::DomainName& domain,
                                   std::string_view selector,
                                   std::string_view key) const;
    void set(const conf::DomainName& domain, DomainLives lives);
    [[nodiscard]] const std::map<conf::DomainName, DomainLives>& all() const { return lives_; }

private:
    std::map<conf::DomainName, DomainLives> lives_;
};

/// The life of `selector` while it has this key; null otherwise.
const Life* find_life(const DomainLives& lives, std::string_view selector, std::string_view key);

}  // namespace dkim
