// OpendkimTakeover: the domains and selectors that do what OpenDKIM's tables did.
//
// OpenDKIM chooses a key by the author's address, and may sign in the name of any domain; Signet
// signs all mail of a domain with the keys of that domain. A remark tells each line that does not
// fit. Key files are read and judged once each.
//
// Standards: opendkim.conf(5), KeyTable and SigningTable; RFC 7489 3.1.1 (why the signing domain
// has
//   to be the author's).
// Threads:   not safe; keeps references to the tables.
#pragma once

#include <cstddef>
#include <cstdint>
#include <set>
#include <string>
#include <string_view>
#include <tuple>
#include <unordered_map>
#include <utility>
#include <vector>

#include "dkim/opendkim_tables.h"

namespace relay::cli {

class OpendkimTakeover {
public:
    enum class Table : std::uint8_t { Keys, Signings };
    enum class Loss : std::uint8_t {
        None,  // OpenDKIM did not use it either
        Some,
    };
    struct Remark {
        Table table = Table::Keys;
        unsigned line = 0;
        std::string text;
        Loss loss = Loss::Some;
    };
    struct Selector {
        unsigned line = 0;  // of the key table
        std::string name;
        std::string path;   // empty where the table holds the key itself
        std::string fault;  // why it cannot be used
    };
    struct Domain {
        conf::DomainName name;
        bool itself = false;  // OpenDKIM signed for the domain, and not only for those below it
        bool subdomains = false;
        std::vector<Selector> selectors;
    };

    OpendkimTakeover(const dkim::OpendkimKeyTable& keys,
                     const dkim::OpendkimSigningTable& signings);

    /// In the order of the signing table.
    [[nodiscard]] const std::vector<Domain>& domains() const { return domains_; }
    /// By table and line, those of the parser too.
    [[nodiscard]] const std::vector<Remark>& remarks() const { return remarks_; }

private:
    using Key = dkim::OpendkimKey;
    using Signing = dkim::OpendkimSigning;
    using Reach = dkim::OpendkimSigning::Reach;

    void remark(Table table, unsigned line, std::string text, Loss loss = Loss::Some) {
        remarks_.push_back({table, line, std::move(text), loss});
    }
    void add_key(const Key& key);
    void take(const Signing& signing);
    void take_by_own_name(const Signing& signing);
    void take(const Signing& signing, const Key& key);
    void add(const conf::DomainName& name, Reach reach, const Key& key);
    void remark_unused();
    Domain& domain(const conf::DomainName& name);
    /// Why the key cannot be used; nothing where it can.
    std::string fault_of(const Key& key, const std::string& path);

    const std::vector<Key>& keys_;
    std::unordered_map<std::string_view, const Key*> by_name_;
    std::set<std::string_view> used_;
    std::set<std::tuple<Reach, std::string, std::string_view>> seen_;
    std::unordered_map<std::string, std::string> judged_;  // faults by path
    std::unordered_map<conf::DomainName, std::size_t> places_;
    std::vector<Domain> domains_;
    std::vector<Remark> remarks_;
};

}  // namespace relay::cli
