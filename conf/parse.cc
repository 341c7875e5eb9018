#include "conf/parse.h"

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <optional>
#include <system_error>

#include "conf/read_tables.h"
#include "conf/table_reader.h"
#include "conf/validate.h"

namespace conf {

namespace {

constexpr std::size_t kLargestFile = std::size_t{1} << 20U;
constexpr std::size_t kMostDots = 16;

/// Where a key is nested too deeply, if anywhere. The TOML library builds "a.b.c" as tables within
/// tables and takes them down recursively, without a limit of its own; our deepest key has two
/// dots.
std::optional<Position> deep_key(std::string_view text) {
    Position at;
    char quote = 0;
    std::size_t dots = 0;
    bool comment = false;
    for (std::size_t i = 0; i < text.size(); ++i, ++at.column) {
        const char c = text[i];
        if (c == '\n') {
            quote = 0;
            dots = 0;
            comment = false;
            ++at.line;
            at.column = 0;
        } else if (comment) {
            continue;
        } else if (quote != 0) {
            i += c == '\\' && quote == '"' && i + 1 < text.size() && text[i + 1] != '\n' ? 1U : 0U;
            quote = c == quote ? char{0} : quote;
        } else if (c == '"' || c == '\'') {
            quote = c;
        } else if (c == '#') {
            comment = true;
        } else if (c == '.' && ++dots > kMostDots) {
            return at;
        } else if (c == ',' || c == '=' || c == '{' || c == '[') {
            dots = 0;
        }
    }
    return std::nullopt;
}

void read_all(TableReader& root, Config& config) {
    read_root(root, config);
    read_listeners(root, config);
    read_users(root, config);
    read_limits(root, config);
    read_intake(root, config);
    read_domains(root, config);
    read_dkim(root, config);
    read_queue(root, config);
    read_delivery(root, config);
    read_dns(root, config);
    read_self_check(root, config);
    read_status(root, config);
    read_log(root, config);
    root.finish();
}

const KnownTables& all_known() {
    // Every table once, so that the reader asks for every key there is.
    static const KnownTables kTables = [] {
        const toml::table file = toml::parse(
            "[[listener]]\nclients = [{}]\n[[user]]\n[[domain]]\n[[domain.selector]]\n");
        Reading reading("", "/");
        TableReader root(reading, file);
        Config config;
        read_all(root, config);
        return reading.known();
    }();
    return kTables;
}

std::string folder_of(const std::string& file) {
    std::error_code ec;
    const std::filesystem::path path = std::filesystem::absolute(file, ec);
    return ec || !path.has_parent_path() ? "/" : path.parent_path().string();
}

// The parser quotes what it met, line ends too; a problem is one line.
std::string one_line(std::string_view description) {
    std::string line(description);
    for (char& c : line) {
        c = static_cast<unsigned char>(c) < 0x20 || c == 0x7F ? ' ' : c;
    }
    return line;
}

/// TOML has no room for a key 'user' beside tables [[user]]; the other name of that key has.
std::string_view clash_advice(std::string_view text, unsigned line) {
    for (; line > 1 && !text.empty(); --line) {
        text.remove_prefix(std::min(text.find('\n'), text.size() - 1) + 1);
    }
    text.remove_prefix(std::min(text.find_first_not_of(" \t"), text.size()));
    return text.starts_with("[[user]]") ? ": beside [[user]] write run_as = \"...\" for user" : "";
}

Loaded one_problem(const std::string& file, Position where, std::string text) {
    return std::vector<Problem>{{file, where.line, where.column, std::move(text)}};
}

Loaded file_problem(const std::string& file, int reason) {
    return one_problem(file,
                       {0, 0},
                       "cannot be read: " + std::generic_category().message(reason) +
                           ": name a readable file with --config");
}

}  // namespace

std::string Problem::message() const {
    if (line == 0) {
        return file + ": " + text;
    }
    return file + ":" + std::to_string(line) + ":" + std::to_string(column) + ": " + text;
}

Loaded parse(std::string_view text, const std::string& file) {
    if (text.size() > kLargestFile) {
        return one_problem(file, {0, 0}, "larger than 1 MiB: a configuration is a few KiB");
    }
    if (const auto where = deep_key(text)) {
        return one_problem(
            file, *where, "a key with more than 16 dots: no key of ours has more than two");
    }
    Reading reading(file, folder_of(file));
    auto config = std::make_shared<Config>();
    try {
        const toml::table table = toml::parse(text);
        TableReader root(reading, table);
        read_all(root, *config);
    } catch (const toml::parse_error& fault) {
        return one_problem(file,
                           {fault.source().begin.line, fault.source().begin.column},
                           "not TOML: " + one_line(fault.description()) +
                               std::string(clash_advice(text, fault.source().begin.line)));
    }
    validate(*config, reading);
    auto problems = reading.finish(all_known());
    if (!problems.empty()) {
        return problems;
    }
    return std::shared_ptr<const Config>(std::move(config));
}

Loaded load(const std::string& file) {
    struct Close {
        void operator()(std::FILE* stream) const { (void)std::fclose(stream); }
    };
    const std::unique_ptr<std::FILE, Close> stream(std::fopen(file.c_str(), "rbe"));
    if (!stream) {
        return file_problem(file, errno);
    }
    // One octet more than parse() takes, so that it sees a file that is too large.
    std::string text(kLargestFile + 1, '\0');
    text.resize(std::fread(text.data(), 1, text.size(), stream.get()));
    if (std::ferror(stream.get()) != 0) {
        return file_problem(file, errno);
    }
    return parse(text, file);
}

std::vector<std::string> known_keys() {
    std::vector<std::string> keys;
    for (const auto& [name, table] : all_known()) {
        if (!table.has_lines()) {
            continue;
        }
        for (const std::string& key : table.keys) {
            std::string path = name;
            path.append(name.empty() ? "" : ".").append(key);
            const auto below = all_known().find(path);
            if (below == all_known().end() || !below->second.has_lines()) {
                keys.push_back(std::move(path));
            }
        }
    }
    return keys;
}

}  // namespace conf
