#include "conf/reading.h"

#include <algorithm>
#include <filesystem>
#include <tuple>

#include "conf/nearest.h"
#include "conf/table_reader.h"

namespace conf {

namespace {

std::string join(const std::vector<std::string>& words) {
    std::string text;
    for (const std::string& word : words) {
        text += (text.empty() ? "" : ", ") + word;
    }
    return text;
}

/// " in [limits]", or nothing for the top of the file.
std::string inside(const KnownTable& table) {
    return table.heading.empty() ? "" : " in " + table.heading;
}

std::string place_of(const KnownTable& table) {
    return table.heading.empty() ? "at the top of the file, before the first [table]"
                                 : "in " + table.heading;
}

std::string advice(const KnownTables& known, const std::string& table, const std::string& key) {
    const auto here = known.find(table);
    std::string text = "unknown key " + shown(key, '\'');
    if (here != known.end()) {
        text += inside(here->second);
    }
    const auto elsewhere = std::find_if(known.begin(), known.end(), [&](const auto& entry) {
        return entry.first != table &&
               std::find(entry.second.keys.begin(), entry.second.keys.end(), key) !=
                   entry.second.keys.end();
    });
    const auto meant = here == known.end() ? std::nullopt : nearest(key, here->second.keys);
    if (meant) {
        text += "; did you mean '" + *meant + "'?";
    }
    if (elsewhere != known.end()) {
        text += (meant ? " '" : "; '") + key + "' belongs " + place_of(elsewhere->second);
    } else if (!meant && here != known.end()) {
        text += "; the keys there are: " + join(here->second.keys);
    }
    return text;
}

}  // namespace

void Reading::report(Position where, std::string text) {
    problems_.push_back({file_, where.line, where.column, std::move(text)});
}

Position Reading::position(std::string path) const {
    while (true) {
        if (const auto found = positions_.find(path); found != positions_.end()) {
            return found->second;
        }
        const std::size_t dot = path.rfind('.');
        if (dot == std::string::npos) {
            return {};
        }
        path.resize(dot);
    }
}

bool Reading::has_problem(const std::string& path) const {
    const auto found = positions_.find(path);
    return found != positions_.end() &&
           std::any_of(problems_.begin(), problems_.end(), [&](const Problem& problem) {
               return problem.line == found->second.line && problem.column == found->second.column;
           });
}

void Reading::name_domain(std::string path, DomainName domain) {
    named_domains_.push_back({std::move(path), std::move(domain)});
}

void Reading::know(const std::string& table, const std::string& heading, std::string_view key) {
    KnownTable& entry = known_[table];
    entry.heading = heading;
    if (std::find(entry.keys.begin(), entry.keys.end(), key) == entry.keys.end()) {
        entry.keys.emplace_back(key);
    }
}

void Reading::unknown(std::string table, std::string key, Position where) {
    unknown_.push_back({std::move(table), std::move(key), where});
}

std::string Reading::absolute(const std::string& path) const {
    return (std::filesystem::path(folder_) / path).lexically_normal().string();
}

std::vector<Problem> Reading::finish(const KnownTables& known) {
    for (const Unknown& entry : unknown_) {
        report(entry.where, advice(known, entry.table, entry.key));
    }
    unknown_.clear();
    std::stable_sort(problems_.begin(), problems_.end(), [](const Problem& a, const Problem& b) {
        return std::tie(a.line, a.column) < std::tie(b.line, b.column);
    });
    return std::move(problems_);
}

}  // namespace conf
