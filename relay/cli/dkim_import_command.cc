#include "relay/cli/dkim_import_command.h"

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <fcntl.h>
#include <memory>
#include <optional>
#include <sys/stat.h>
#include <system_error>
#include <unistd.h>
#include <utility>
#include <vector>

#include "dkim/opendkim_tables.h"
#include "relay/cli/dkim_key_commands.h"
#include "relay/cli/ending.h"
#include "relay/cli/opendkim_takeover.h"

namespace relay::cli {
namespace {

using Loss = OpendkimTakeover::Loss;
using Table = OpendkimTakeover::Table;
using TakenDomain = OpendkimTakeover::Domain;

/// A table as text, and what its option said about it.
struct DataSet {
    std::string name;  // in messages
    std::string text;
    std::optional<dkim::Patterns> patterns;
};

conf::Error unreadable(const std::string& path, const std::string& why) {
    return {{}, path + ": " + why + ": name a table of OpenDKIM"};
}

conf::Result<std::string> read_all(const std::string& path) {
    const std::unique_ptr<std::FILE, int (*)(std::FILE*)> file(std::fopen(path.c_str(), "rbe"),
                                                               std::fclose);
    if (!file) {
        return unreadable(path, std::generic_category().message(errno));
    }
    std::string text;
    std::vector<char> piece(std::size_t{64} * 1024);
    for (;;) {
        errno = 0;
        const auto count = std::fread(piece.data(), 1, piece.size(), file.get());
        if (count == 0) {
            break;
        }
        text.append(piece.data(), count);
        if (text.size() > dkim::kLargestTable) {
            return unreadable(path, "larger than 16 MiB");
        }
    }
    if (std::ferror(file.get()) != 0) {
        return unreadable(path, std::generic_category().message(errno));
    }
    return text;
}

/// opendkim(8), DATA SETS: TYPE:WHERE. A comma-separated list becomes lines.
conf::Result<DataSet> read_data_set(const std::string& option, const char* option_name) {
    DataSet set;
    const auto colon = option.find(':');
    std::string type = option.substr(0, colon == std::string::npos ? 0 : colon);
    std::transform(type.begin(), type.end(), type.begin(), [](char c) {
        return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    });
    const auto rest = option.substr(type.empty() ? 0 : colon + 1);
    if (type == "csl") {
        set.name = option_name;
        set.patterns = dkim::Patterns::Exact;
        bool in_key = true;
        for (const char c : rest) {
            set.text += c == ',' ? '\n' : c == '=' && in_key ? ' ' : c;
            in_key = c == ',' || (in_key && c != '=');
        }
        return set;
    }
    set.name = rest;
    if (type == "file") {
        set.patterns = dkim::Patterns::Exact;
    } else if (type == "refile") {
        set.patterns = dkim::Patterns::Wildcard;
    } else if (type.empty() || type.find('/') != std::string::npos) {
        set.name = option;
    } else {
        return conf::Error{
            {},
            option + ": a data set of type " + type + ": write it to a text file and name that"};
    }
    auto text = read_all(set.name);
    if (!text) {
        return text.error();
    }
    set.text = std::move(*text);
    return set;
}

/// Each line of `text` behind `prefix`.
std::string prefixed(const std::string& text, std::string_view prefix) {
    std::string out;
    bool begins = true;
    for (const char c : text) {
        if (begins) {
            out += prefix;
        }
        out += c;
        begins = c == '\n';
    }
    return out;
}

/// For a comment: one line, and nothing that TOML forbids in it.
std::string comment(std::string text) {
    std::replace_if(
        text.begin(),
        text.end(),
        [](char c) { return static_cast<unsigned char>(c) < ' ' || c == '\x7f'; },
        '?');
    return "# " + text + "\n";
}

std::string table_of(const TakenDomain& domain) {
    const auto usable = std::count_if(domain.selectors.begin(),
                                      domain.selectors.end(),
                                      [](const auto& selector) { return selector.fault.empty(); });
    std::string text;
    if (!domain.itself) {
        text += comment("OpenDKIM signed for the names below this domain alone; this signs for " +
                        domain.name.text() + " itself, too.");
    }
    if (usable > 1) {
        text += comment(
            "Of these selectors the last one of each type of key signs. OpenDKIM took "
            "the first, or all with MultipleSignatures: put them in order.");
    }
    std::string table = "[[domain]]\nname = " + configuration_string(domain.name.text()) + "\n";
    if (domain.subdomains) {
        table += "subdomains = true\n";
    }
    for (const auto& selector : domain.selectors) {
        const auto path = selector.path.empty() ? "/PATH/OF/KEY.pem" : selector.path;
        const auto lines = "[[domain.selector]]\nname = " + configuration_string(selector.name) +
                           "\nkey = " + configuration_string(path) + "\n";
        table +=
            selector.fault.empty()
                ? prefixed(lines, "  ")
                : prefixed(comment("Not usable: " + selector.fault) + prefixed(lines, "# "), "  ");
    }
    if (usable == 0) {
        // A [[domain]] without a selector would be refused.
        return text +
               comment("No mail of " + domain.name.text() +
                       " can be signed before one of its keys can be used.") +
               prefixed(table, "# ");
    }
    return text + table;
}

std::string page_of(const std::vector<TakenDomain>& domains,
                    const DataSet& keys,
                    const DataSet& signings) {
    std::string page = comment("Written by `signet dkim import` from " + keys.name + " and " +
                               signings.name + ".") +
                       comment(
                           "The key files belong to OpenDKIM's user: the relay's user has to "
                           "be able to read them, and nobody else.") +
                       comment("`signet config check` says whether it can.");
    for (const auto& domain : domains) {
        page += "\n" + table_of(domain);
    }
    return page;
}

/// Never replaces a file.
int write_new(const std::string& path, std::string_view page) {
    const int descriptor =
        ::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOCTTY | O_CLOEXEC, 0644);
    if (descriptor < 0) {
        return errno == EEXIST
                   ? end(Ending::No, path + ": exists already: choose a new file with --out")
                   : end(Ending::Unknown,
                         path + ": " + std::generic_category().message(errno) +
                             ": choose another place with --out");
    }
    int reason = 0;
    while (!page.empty() && reason == 0) {
        const auto count = ::write(descriptor, page.data(), page.size());
        if (count >= 0) {
            page.remove_prefix(static_cast<std::size_t>(count));
        } else if (errno != EINTR) {
            reason = errno;
        }
    }
    if (::close(descriptor) != 0 && reason == 0) {
        reason = errno;
    }
    if (reason != 0) {
        (void)::unlink(path.c_str());
        return end(Ending::Unknown,
                   path + ": " + std::generic_category().message(reason) +
                       ": choose another place with --out");
    }
    return status_of(Ending::Done);
}

}  // namespace

int dkim_import(const DkimImport& options) {
    const auto keys = read_data_set(options.key_table, "--key-table");
    if (!keys) {
        return end(Ending::Unknown, keys.error().message());
    }
    const auto signings = read_data_set(options.signing_table, "--signing-table");
    if (!signings) {
        return end(Ending::Unknown, signings.error().message());
    }
    const auto key_table = dkim::parse_key_table(keys->text);
    const auto signing_table = dkim::parse_signing_table(
        signings->text,
        signings->patterns ? *signings->patterns : dkim::patterns_of(signings->text));

    OpendkimTakeover takeover(key_table, signing_table);

    const auto page = page_of(takeover.domains(), *keys, *signings);
    if (options.out.empty()) {
        (void)std::fwrite(page.data(), 1, page.size(), stdout);
        (void)std::fflush(stdout);
    } else if (const int status = write_new(options.out, page); status != 0) {
        return status;
    }
    std::size_t lost = 0;
    for (const auto& remark : takeover.remarks()) {
        const auto& set = remark.table == Table::Keys ? *keys : *signings;
        (void)std::fprintf(
            stderr, "%s:%u: %s\n", set.name.c_str(), remark.line, remark.text.c_str());
        lost += remark.loss == Loss::Some ? 1 : 0;
    }
    if (lost > 0) {
        return end(Ending::No, "not all was taken over: see the lines above");
    }
    if (takeover.domains().empty()) {
        return end(Ending::No, signings->name + ": signs for no domain: is it the right table?");
    }
    return status_of(Ending::Done);
}

}  // namespace relay::cli
