#include "dkim/opendkim_tables.h"

#include <algorithm>
#include <utility>

#include "conf/utf8.h"

namespace dkim {
namespace {

constexpr std::string_view kBlank = " \t";

std::string_view trimmed(std::string_view text) {
    const std::size_t begin = text.find_first_not_of(kBlank);
    if (begin == std::string_view::npos) {
        return {};
    }
    return text.substr(begin, text.find_last_not_of(kBlank) - begin + 1);
}

/// Takes what stands before `mark`, and the mark, from the front of `text`; all of it without one.
std::string_view take_until(std::string_view& text, char mark) {
    const std::string_view taken = text.substr(0, text.find(mark));
    text.remove_prefix(std::min(text.size(), taken.size() + 1));
    return trimmed(taken);
}

/// At most 60 octets in quotes, never half a character.
std::string shown(std::string_view text) {
    constexpr std::size_t kShown = 60;
    if (text.size() <= kShown) {
        return '"' + std::string(text) + '"';
    }
    std::size_t end = kShown;
    while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0U) == 0x80U) {
        --end;
    }
    return '"' + std::string(text.substr(0, end)) + "...\"";
}

bool has_control(std::string_view text) {
    return std::any_of(text.begin(), text.end(), [](char c) {
        return (static_cast<unsigned char>(c) < ' ' && c != '\t') || c == '\x7f';
    });
}

/// An entry of a data set: its first word, and the rest behind white space.
struct Row {
    unsigned line = 0;
    std::string_view first;
    std::string_view rest;
};

/// opendkim(8), DATA SETS: one element a line; the first white space separates a key from its
/// value. Blank lines are ignored, "#" denotes the start of a comment.
class Rows {
public:
    explicit Rows(std::string_view text) : text_(text) {}

    /// The next one that is not blank; false at the end. `fault` says why it cannot be read.
    bool next(Row& row, std::string& fault) {
        while (!text_.empty()) {
            const std::string_view whole = text_.substr(0, text_.find('\n'));
            text_.remove_prefix(std::min(text_.size(), whole.size() + 1));
            ++row.line;
            std::string_view line = whole.substr(0, whole.find('#'));
            if (line.ends_with('\r')) {
                line.remove_suffix(1);
            }
            line = trimmed(line);
            if (line.empty()) {
                continue;
            }
            row.first = line.substr(0, line.find_first_of(kBlank));
            row.rest = trimmed(line.substr(row.first.size()));
            fault.clear();
            if (line.size() > kLongestTableLine) {
                fault = "this line is longer than 4 KiB: shorten it";
            } else if (has_control(line) || !conf::is_utf8(line)) {
                fault = "this line is no text: is it a table of OpenDKIM?";
            }
            return true;
        }
        return false;
    }

private:
    std::string_view text_;
};

void report(std::vector<TableFault>& faults, unsigned line, std::string text) {
    if (faults.size() < kMostFaults) {
        faults.push_back({line, std::move(text)});
    } else if (faults.size() == kMostFaults) {
        faults.push_back({line, "more lines cannot be taken over: correct the first ones"});
    }
}

/// Calls `read` with each line that can be read; it returns what is wrong, or nothing.
template <class Read>
void read_rows(std::string_view text, std::vector<TableFault>& faults, const Read& read) {
    Rows rows(text);
    Row row;
    std::string fault;
    std::size_t count = 0;
    while (rows.next(row, fault)) {
        if (++count > kMostTableEntries) {
            report(faults, row.line, "more than 1000000 entries: divide this table");
            return;
        }
        if (fault.empty()) {
            fault = read(row);
        }
        if (!fault.empty()) {
            report(faults, row.line, std::move(fault));
        }
    }
}

/// opendkim.conf(5), KeyTable: "(a) the name of the domain to use in the signature's "d=" value;
/// (b) the name of the selector ...; and (c) either a private key or a path".
std::string read_key(const Row& row, OpendkimKey& key) {
    std::string_view rest = row.rest;
    const std::string_view domain = take_until(rest, ':');
    const std::string_view selector = take_until(rest, ':');
    const std::string_view path = trimmed(rest);
    if (domain.empty() || selector.empty() || path.empty()) {
        return "this is no key: write NAME DOMAIN:SELECTOR:/PATH/OF/KEY.pem";
    }
    key.line = row.line;
    key.name = row.first;
    if (key.name.find('*') != std::string_view::npos) {
        return "the name " + shown(key.name) + " is a pattern: give each key a name of its own";
    }
    if (domain != "%") {
        auto parsed = conf::DomainName::parse(domain);
        if (!parsed) {
            return shown(domain) + " is no domain (" + parsed.error().message() + "): correct it";
        }
        key.domain = std::move(*parsed);
    }
    auto parsed = conf::DomainName::parse(selector);
    if (!parsed) {
        return shown(selector) + " is no selector (" + parsed.error().message() + "): correct it";
    }
    key.selector = std::move(*parsed);
    // "If the third value starts with a slash ("/") character, or "./" or "../", then it is
    // presumed to refer to a file ..., otherwise it is itself a ... private key".
    if (path.starts_with('/')) {
        key.place = OpendkimKey::Place::File;
        key.path = path;
    } else if (path.starts_with("./") || path.starts_with("../")) {
        key.place = OpendkimKey::Place::Relative;
        key.path = path;
    } else {
        key.place = OpendkimKey::Place::Inline;
    }
    return {};
}

using Reach = OpendkimSigning::Reach;

std::string one_user(std::string_view pattern) {
    return shown(pattern) +
           " is for some users alone: Signet's keys sign for all of a domain; limit who may send "
           "as whom with the senders of [[user]]";
}

std::string take_domain(std::string_view text, Reach reach, OpendkimSigning& signing) {
    auto parsed = conf::DomainName::parse(text);
    if (!parsed) {
        return shown(signing.pattern) + " names no domain (" + parsed.error().message() +
               "): correct it";
    }
    signing.reach = reach;
    signing.domain = std::move(*parsed);
    return {};
}

/// "the full user@host is checked first, then simply host, then user@.domain ..., then .domain,
/// then user@*, and finally *."
std::string read_exact(OpendkimSigning& signing) {
    const std::string_view pattern = signing.pattern;
    if (pattern == "*") {
        signing.reach = Reach::Everyone;
        return {};
    }
    const std::size_t at = pattern.rfind('@');
    const std::string_view local = pattern.substr(0, at == std::string_view::npos ? 0 : at);
    const bool any_host = at != std::string_view::npos && pattern.substr(at + 1) == "*";
    if (local.find('*') != std::string_view::npos ||
        (!any_host && pattern.find('*') != std::string_view::npos)) {
        return shown(pattern) +
               " matches no address in a file: table: is it a refile: table, or a mistake?";
    }
    if (at != std::string_view::npos) {
        return one_user(pattern);
    }
    if (pattern.starts_with('.')) {
        return take_domain(pattern.substr(1), Reach::Subdomains, signing);
    }
    return take_domain(pattern, Reach::Domain, signing);
}

/// "the keys are wildcard patterns that are matched against the address found in the From: header
/// field." '*' matches any text, the '@' too.
std::string read_wildcard(OpendkimSigning& signing) {
    const std::string_view pattern = signing.pattern;
    const std::size_t at = pattern.rfind('@');
    const bool only_domain = at == std::string_view::npos;
    const std::string_view local = pattern.substr(0, only_domain ? 0 : at);
    std::string_view host = only_domain ? pattern : pattern.substr(at + 1);
    const auto is_any = [](std::string_view text) {
        return !text.empty() && text.find_first_not_of('*') == std::string_view::npos;
    };
    if (!only_domain && !is_any(local)) {
        return one_user(pattern);
    }
    if (is_any(host)) {
        signing.reach = Reach::Everyone;
        return {};
    }
    if (host.starts_with("*.") && host.find('*', 1) == std::string_view::npos) {
        return take_domain(host.substr(2), Reach::Subdomains, signing);
    }
    if (host.find('*') != std::string_view::npos) {
        return shown(pattern) +
               " matches more than a domain and those below it, or less: write one line for each "
               "domain";
    }
    if (only_domain || host.starts_with('.')) {
        return shown(pattern) +
               " matches no address in a refile: table: is it a file: table, or a mistake?";
    }
    return take_domain(host, Reach::Domain, signing);
}

std::string read_signing(const Row& row, Patterns patterns, OpendkimSigning& signing) {
    signing.line = row.line;
    signing.pattern = row.first;
    std::string_view rest = row.rest;
    // opendkim(8): "If a value contains multiple entries, the entries should be separated by
    // colons."
    signing.key = take_until(rest, ':');
    signing.signer = trimmed(rest);
    if (signing.key.empty()) {
        return "no key stands behind " + shown(signing.pattern) +
               ": write PATTERN KEY, a name of the key table";
    }
    if (signing.key.find_first_of(kBlank) != std::string_view::npos) {
        return shown(signing.key) +
               " is more than the name of a key: a signer stands behind a colon";
    }
    switch (patterns) {
        case Patterns::Exact:
            return read_exact(signing);
        case Patterns::Wildcard:
            return read_wildcard(signing);
    }
    return {};
}

}  // namespace

std::string OpendkimKey::path_for(const conf::DomainName& author) const {
    std::string replaced;
    for (const char c : path) {
        if (c == '%') {
            replaced += author.text();
        } else {
            replaced += c;
        }
    }
    return replaced;
}

OpendkimKeyTable parse_key_table(std::string_view text) {
    OpendkimKeyTable table;
    read_rows(text, table.faults, [&](const Row& row) {
        OpendkimKey key;
        std::string fault = read_key(row, key);
        if (fault.empty()) {
            table.keys.push_back(std::move(key));
        }
        return fault;
    });
    return table;
}

OpendkimSigningTable parse_signing_table(std::string_view text, Patterns patterns) {
    OpendkimSigningTable table;
    read_rows(text, table.faults, [&](const Row& row) {
        OpendkimSigning signing;
        std::string fault = read_signing(row, patterns, signing);
        if (fault.empty()) {
            table.signings.push_back(std::move(signing));
        }
        return fault;
    });
    return table;
}

Patterns patterns_of(std::string_view text) {
    Rows rows(text);
    Row row;
    std::string fault;
    while (rows.next(row, fault)) {
        const std::size_t at = row.first.rfind('@');
        const bool whole = row.first == "*";
        const bool any_host =
            at != std::string_view::npos && at + 2 == row.first.size() && row.first.back() == '*';
        if (row.first.starts_with("*@") ||
            (!whole && !any_host && row.first.find('*') != std::string_view::npos)) {
            return Patterns::Wildcard;
        }
    }
    return Patterns::Exact;
}

}  // namespace dkim
