// OpenDKIM's tables: which key signs for whom, as its KeyTable and SigningTable say.
//
// A line that Signet has no counterpart for, or that OpenDKIM itself could not use, is a fault with
// its number and words for a person; the others are entries, in the order of the file. Views point
// into the text that was parsed. No fault and no entry repeats a key that a line holds itself.
//
// Standards: opendkim.conf(5), KeyTable and SigningTable; opendkim(8), DATA SETS.
// Threads:   no state.
// Errors:    faults, as many as kMostFaults; a last one stands for those beyond.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "conf/domain_name.h"

namespace dkim {

/// What a caller reads of a table at most, in octets. Lines have limits of their own.
inline constexpr std::size_t kLargestTable = std::size_t{16} * 1024 * 1024;
inline constexpr std::size_t kLongestTableLine = 4096;  // without its comment
inline constexpr std::size_t kMostTableEntries = 1'000'000;
inline constexpr std::size_t kMostFaults = 10'000;

struct TableFault {
    unsigned line = 0;  // from 1
    std::string text;
};

/// NAME DOMAIN:SELECTOR:KEY
struct OpendkimKey {
    enum class Place : std::uint8_t {
        File,      // an absolute path
        Relative,  // a path below the folder that OpenDKIM ran in
        Inline,    // the key itself
    };

    unsigned line = 0;
    std::string_view name;
    std::optional<conf::DomainName> domain;  // of d=; nothing is "%": the author's own
    conf::DomainName selector;
    Place place = Place::File;
    std::string_view path;  // empty for Inline; "%" in it stands for the author's domain

    [[nodiscard]] std::string path_for(const conf::DomainName& author) const;
};

struct OpendkimKeyTable {
    std::vector<OpendkimKey> keys;
    std::vector<TableFault> faults;
};

/// PATTERN KEY[:SIGNER]
struct OpendkimSigning {
    enum class Reach : std::uint8_t {
        Domain,      // everyone in `domain`
        Subdomains,  // everyone in the names below `domain`
        Everyone,
    };

    unsigned line = 0;
    std::string_view pattern;
    Reach reach = Reach::Domain;
    conf::DomainName domain;  // empty for Everyone
    std::string_view key;     // a name of the KeyTable; "%" is the author's domain
    std::string_view signer;  // for i=; may be empty
};

struct OpendkimSigningTable {
    std::vector<OpendkimSigning> signings;
    std::vector<TableFault> faults;
};

/// How the patterns of a SigningTable are meant.
enum class Patterns : std::uint8_t {
    Exact,     // file: user@host, host, user@.parent, .parent, user@*, *
    Wildcard,  // refile: the whole address, with '*' for any text
};

OpendkimKeyTable parse_key_table(std::string_view text);
OpendkimSigningTable parse_signing_table(std::string_view text, Patterns patterns);

/// What a SigningTable without a word about it seems to be: Wildcard where a pattern begins with
/// "*@" or holds '*' in its domain.
Patterns patterns_of(std::string_view text);

}  // namespace dkim
