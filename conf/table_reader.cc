#include "conf/table_reader.h"

#include "conf/environment.h"

namespace conf {

namespace {

constexpr std::size_t kLongestShown = 60;

std::string_view kind(const toml::node& node) {
    switch (node.type()) {
        case toml::node_type::none:
            return "nothing";
        case toml::node_type::table:
            return "a table";
        case toml::node_type::array:
            return "a list";
        case toml::node_type::string:
            return "a string";
        case toml::node_type::integer:
            return "an integer";
        case toml::node_type::floating_point:
            return "a number with a point";
        case toml::node_type::boolean:
            return "true or false";
        case toml::node_type::date:
        case toml::node_type::time:
        case toml::node_type::date_time:
            return "a date or time";
    }
    return "something else";
}

std::string joined(const std::string& left, std::string_view right) {
    return left.empty() ? std::string(right) : left + "." + std::string(right);
}

bool has_control(std::string_view text) {
    for (const char c : text) {
        if ((static_cast<unsigned char>(c) < 0x20 && c != '\t') || c == 0x7F) {
            return true;
        }
    }
    return false;
}

}  // namespace

std::string shown(std::string_view value, char quote) {
    std::string text(1, quote);
    std::string_view part = value.substr(0, kLongestShown);
    if (part.size() < value.size()) {
        // Not in the middle of a UTF-8 sequence.
        while (!part.empty() && (static_cast<unsigned char>(value[part.size()]) & 0xC0U) == 0x80U) {
            part.remove_suffix(1);
        }
    }
    for (const char c : part) {
        text += has_control({&c, 1}) || c == '\t' ? '?' : c;
    }
    return text + (part.size() < value.size() ? "..." : "") + quote;
}

Position place(const toml::source_region& region) {
    return {region.begin.line, region.begin.column};
}

TableReader::TableReader(Reading& reading, const toml::table& root)
    : TableReader(reading, &root, "", "", "") {}

std::string TableReader::path_of(std::string_view key) const {
    return joined(path_, key);
}

std::string TableReader::name_of_table(std::string_view key) const {
    return joined(name_, key);
}

const toml::node* TableReader::find(std::string_view key) {
    reading_.know(name_, heading_, key);
    asked_.emplace(key);
    const toml::node* node = table_ == nullptr ? nullptr : table_->get(key);
    if (node != nullptr) {
        reading_.place(path_of(key), place(node->source()));
    }
    return node;
}

void TableReader::wrong(const toml::node& node, std::string_view key, std::string_view what) {
    reading_.report(place(node.source()), shown(key, '\'') + " " + std::string(what));
}

void TableReader::wrong_type(const toml::node& node,
                             std::string_view key,
                             std::string_view expected) {
    wrong(node, key, "takes " + std::string(expected) + ", not " + std::string(kind(node)));
}

std::optional<std::string> TableReader::expanded(const toml::node& node,
                                                 std::string_view key,
                                                 const std::string& raw,
                                                 Quote quote) {
    const auto quoted = [&](std::string_view value) {
        return "= " + shown(quote == Quote::Value ? value : kMask);
    };
    auto text = expand_environment(raw);
    if (!text) {
        wrong(node, key, quoted(raw) + ": " + text.error().message());
        return std::nullopt;
    }
    // What ends up in paths, log lines and replies has no line ends, and no NUL that would cut it.
    if (has_control(*text)) {
        wrong(node, key, quoted(*text) + " holds a control character: remove it");
        return std::nullopt;
    }
    return std::move(*text);
}

void TableReader::require(std::string_view key, std::string_view example) {
    if (find(key) == nullptr) {
        const std::string in = heading_.empty() ? "" : " in " + heading_;
        reading_.report(reading_.position(path_),
                        shown(key, '\'') + " is missing" + in + ": " + std::string(example));
    }
}

TableReader::Shape TableReader::shape(std::string_view key) {
    const toml::node* node = find(key);
    if (node == nullptr) {
        return Shape::Missing;
    }
    if (node->is_string()) {
        return Shape::Text;
    }
    if (node->is_array()) {
        return Shape::List;
    }
    return node->is_table() ? Shape::Table : Shape::Other;
}

void TableReader::table(std::string_view key, const Read& read) {
    const toml::node* node = find(key);
    const std::string name = name_of_table(key);
    const std::string heading = "[" + name + "]";
    const toml::table* inner = node == nullptr ? nullptr : node->as_table();
    if (node != nullptr && inner == nullptr) {
        wrong(
            *node, key, "is a table: write " + heading + " once, and its keys in the lines below");
    }
    TableReader reader(reading_, inner, path_of(key), name, heading);
    read(reader);
    reader.finish();
}

void TableReader::tables(std::string_view key, const Read& read) {
    const toml::node* node = find(key);
    if (node == nullptr) {
        return;
    }
    const std::string name = name_of_table(key);
    const std::string heading = "[[" + name + "]]";
    const toml::array* list = node->as_array();
    if (list == nullptr) {
        wrong(*node, key, "may stand several times: write " + heading + " in double brackets");
        return;
    }
    std::size_t index = 0;
    for (const toml::node& element : *list) {
        const std::string path = path_of(key) + "[" + std::to_string(index++) + "]";
        const toml::table* inner = element.as_table();
        if (inner == nullptr) {
            wrong(
                element, key, "is a table: write " + heading + " and its keys in the lines below");
            continue;
        }
        reading_.place(path, place(element.source()));
        TableReader reader(reading_, inner, path, name, heading);
        read(reader);
        reader.finish();
    }
}

void TableReader::finish() {
    if (table_ == nullptr) {
        return;
    }
    for (const auto& [key, node] : *table_) {
        if (!asked_.contains(key.str())) {
            reading_.unknown(name_, std::string(key.str()), place(key.source()));
        }
    }
}

void TableReader::text(std::string_view key, std::string_view expected, const Take& take) {
    const toml::node* node = find(key);
    if (node == nullptr) {
        return;
    }
    const auto* string = node->as_string();
    if (string == nullptr) {
        wrong_type(*node, key, expected);
        return;
    }
    if (const auto value = expanded(*node, key, string->get(), Quote::Value)) {
        if (const std::string fault = take(*value); !fault.empty()) {
            wrong(*node, key, "= " + shown(*value) + ": " + fault);
        }
    }
}

}  // namespace conf
