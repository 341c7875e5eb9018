// Reading: what one pass over a configuration file collects beside the values.
//
// Problems, where each value stands (so that the rules between values can point at it), which
// keys exist (told by asking for them) and which keys of the file nobody asked for. Those get
// their answer last, when all keys are known.
//
// A path names a value in the file ("domain[1].selector[0].name"), a table is named without
// numbers ("domain.selector").
//
// Threads: not safe; lives during one parse().
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "conf/parse.h"

namespace conf {

struct Position {
    unsigned line = 1;
    unsigned column = 1;
};

/// The keys of one table, in the order in which the reader asks for them, and how its header is
/// written.
struct KnownTable {
    std::string heading;  // "[limits]", "[[listener]]", empty for the top of the file, else words
    std::vector<std::string> keys;

    /// Its keys stand in lines of their own, not inside the value of a key.
    [[nodiscard]] bool has_lines() const { return heading.empty() || heading.starts_with('['); }
};

/// By name of the table: "", "limits", "domain.selector".
using KnownTables = std::map<std::string, KnownTable, std::less<>>;

/// A value that speaks of a domain.
struct NamedDomain {
    std::string path;
    DomainName domain;
};

class Reading {
public:
    /// `file` names it in messages; relative paths of the configuration start in `folder`.
    Reading(std::string file, std::string folder)
        : file_(std::move(file)), folder_(std::move(folder)) {}

    void report(Position where, std::string text);

    void place(const std::string& path, Position where) { positions_[path] = where; }
    [[nodiscard]] bool has_position(const std::string& path) const {
        return positions_.contains(path);
    }
    /// Where the value of `path` stands; where it is missing, its table's header; else the first
    /// line.
    [[nodiscard]] Position position(std::string path) const;

    /// Whether a problem stands where the value of `path` does; none does at what is missing.
    [[nodiscard]] bool has_problem(const std::string& path) const;

    /// The value of `path` speaks of a domain, which has to be among the [[domain]]s.
    void name_domain(std::string path, DomainName domain);
    [[nodiscard]] const std::vector<NamedDomain>& named_domains() const { return named_domains_; }

    void know(const std::string& table, const std::string& heading, std::string_view key);
    void unknown(std::string table, std::string key, Position where);
    [[nodiscard]] const KnownTables& known() const { return known_; }

    /// An absolute path of the file system.
    [[nodiscard]] std::string absolute(const std::string& path) const;

    /// All problems in the order of the file; each unknown key with the nearest of `known`.
    std::vector<Problem> finish(const KnownTables& known);

private:
    struct Unknown {
        std::string table;
        std::string key;
        Position where;
    };

    std::string file_;
    std::string folder_;
    std::vector<Problem> problems_;
    std::vector<Unknown> unknown_;
    std::map<std::string, Position> positions_;
    std::vector<NamedDomain> named_domains_;
    KnownTables known_;
};

}  // namespace conf
