// TableReader: takes the keys of one TOML table, each with its type, range and place.
//
// Asking for a key makes it known; a key of the file that was not asked for is reported as
// unknown. A key that is missing leaves the default untouched; one with a fault is reported and
// leaves it untouched too, so that one pass finds every fault. Strings have "${NAME}" taken from
// the environment before anything looks at them.
//
// Threads: not safe; lives during one parse().
// Errors: go to the Reading, with line and column.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include <toml++/toml.h>

#include "conf/config.h"
#include "conf/names.h"
#include "conf/reading.h"

namespace conf {

/// Quoted for a message: at most 60 octets, control characters as '?'.
std::string shown(std::string_view value, char quote = '"');

Position place(const toml::source_region& region);

class TableReader {
public:
    /// Takes a string; says what is wrong with it, or nothing.
    using Take = std::function<std::string(const std::string&)>;
    /// The same with the place of the string as a path, like "user[0].senders[2]".
    using TakeAt = std::function<std::string(const std::string& value, const std::string& path)>;
    using Read = std::function<void(TableReader&)>;
    enum class Shape : std::uint8_t { Missing, Text, List, Table, Other };

    /// The whole file.
    TableReader(Reading& reading, const toml::table& root);

    /// Reports a missing key; `example` is what to write, with its reason.
    void require(std::string_view key, std::string_view example);
    /// What kind of value the file has there, for keys that take several.
    Shape shape(std::string_view key);

    void text(std::string_view key, std::string_view expected, const Take& take);
    /// Each string of a list; with `path[i]` as its place. True when the key is a list.
    bool texts(std::string_view key, std::string_view expected, const Take& take);
    bool texts(std::string_view key, std::string_view expected, const TakeAt& take);
    /// Each entry of a list that is a string, or a table in braces. True when the key is a list.
    bool entries(std::string_view key,
                 std::string_view expected,
                 const Take& take,
                 const Read& read);
    /// A string that no message repeats, or { file = "PATH" } of a file that holds it.
    void secret(std::string_view key, std::string_view expected, const Take& take);
    void boolean(std::string_view key, std::string_view expected, bool& into);
    void duration(std::string_view key, Duration& into, Duration least, Duration most);
    void size(std::string_view key, std::uint64_t& into, std::uint64_t least, std::uint64_t most);
    void date(std::string_view key, std::optional<Instant>& into);
    template <class Integer>
    void integer(std::string_view key,
                 Integer& into,
                 std::type_identity_t<Integer> least,
                 std::type_identity_t<Integer> most) {
        if (const auto value = whole_number(key, least, most)) {
            into = static_cast<Integer>(*value);
        }
    }
    template <class Enum>
    void choice(std::string_view key,
                Enum& into,
                std::type_identity_t<std::span<const Named<Enum>>> names) {
        std::vector<std::string> allowed;
        for (const Named<Enum>& entry : names) {
            allowed.emplace_back(entry.name);
        }
        if (const auto index = chosen(key, allowed)) {
            into = names[*index].value;
        }
    }

    /// A [key] table; `read` runs also when the file has none.
    void table(std::string_view key, const Read& read);
    /// Each [[key]] table of the file.
    void tables(std::string_view key, const Read& read);

    /// "domain[1]"; empty for the whole file.
    [[nodiscard]] const std::string& path() const { return path_; }
    [[nodiscard]] Reading& reading() { return reading_; }
    /// Reports the keys that nobody asked for.
    void finish();

private:
    TableReader(Reading& reading,
                const toml::table* table,
                std::string path,
                std::string name,
                std::string heading)
        : reading_(reading),
          table_(table),
          path_(std::move(path)),
          name_(std::move(name)),
          heading_(std::move(heading)) {}

    using TakeElement = std::function<void(const toml::node& element, const std::string& path)>;
    /// How a message shows the value that it is about.
    enum class Quote : std::uint8_t { Value, Mask };

    const toml::node* find(std::string_view key);
    [[nodiscard]] std::string path_of(std::string_view key) const;
    [[nodiscard]] std::string name_of_table(std::string_view key) const;
    bool elements(std::string_view key, std::string_view expected, const TakeElement& take);
    void element_text(const toml::node& element,
                      std::string_view key,
                      std::string_view expected,
                      const Take& take);
    void wrong(const toml::node& node, std::string_view key, std::string_view what);
    void wrong_type(const toml::node& node, std::string_view key, std::string_view expected);
    std::optional<std::string> expanded(const toml::node& node,
                                        std::string_view key,
                                        const std::string& raw,
                                        Quote quote);
    std::optional<std::int64_t> whole_number(std::string_view key,
                                             std::int64_t least,
                                             std::int64_t most);
    std::optional<std::size_t> chosen(std::string_view key, std::span<const std::string> allowed);

    Reading& reading_;
    const toml::table* table_;  // null where the file has no such table
    std::string path_;
    std::string name_;
    std::string heading_;
    std::set<std::string, std::less<>> asked_;
};

}  // namespace conf
