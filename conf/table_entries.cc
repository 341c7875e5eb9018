// The lists of TableReader, and its secrets, which no message repeats.

#include "conf/secret_file.h"
#include "conf/table_reader.h"

namespace conf {

bool TableReader::elements(std::string_view key,
                           std::string_view expected,
                           const TakeElement& take) {
    const toml::node* node = find(key);
    if (node == nullptr) {
        return false;
    }
    const toml::array* list = node->as_array();
    if (list == nullptr) {
        wrong_type(*node, key, expected);
        return false;
    }
    std::size_t index = 0;
    for (const toml::node& element : *list) {
        const std::string path = path_of(key) + "[" + std::to_string(index++) + "]";
        reading_.place(path, place(element.source()));
        take(element, path);
    }
    return true;
}

void TableReader::element_text(const toml::node& element,
                               std::string_view key,
                               std::string_view expected,
                               const Take& take) {
    const auto* string = element.as_string();
    if (string == nullptr) {
        wrong_type(element, key, expected);
        return;
    }
    if (const auto value = expanded(element, key, string->get(), Quote::Value)) {
        if (const std::string fault = take(*value); !fault.empty()) {
            wrong(element, key, "has " + shown(*value) + ": " + fault);
        }
    }
}

bool TableReader::texts(std::string_view key, std::string_view expected, const Take& take) {
    return elements(key, expected, [&](const toml::node& element, const std::string&) {
        element_text(element, key, expected, take);
    });
}

bool TableReader::texts(std::string_view key, std::string_view expected, const TakeAt& take) {
    return elements(key, expected, [&](const toml::node& element, const std::string& path) {
        element_text(
            element, key, expected, [&](const std::string& value) { return take(value, path); });
    });
}

bool TableReader::entries(std::string_view key,
                          std::string_view expected,
                          const Take& take,
                          const Read& read) {
    return elements(key, expected, [&](const toml::node& element, const std::string& path) {
        const toml::table* inner = element.as_table();
        if (inner == nullptr) {
            element_text(element, key, expected, take);
            return;
        }
        TableReader reader(
            reading_, inner, path, name_of_table(key), "an entry of " + shown(key, '\''));
        read(reader);
        reader.finish();
    });
}

void TableReader::secret(std::string_view key, std::string_view expected, const Take& take) {
    const toml::node* node = find(key);
    if (node == nullptr) {
        return;
    }
    if (const toml::table* inner = node->as_table()) {
        TableReader reader(
            reading_, inner, path_of(key), name_of_table(key), "the table of " + shown(key, '\''));
        reader.require("file", "write { file = \"/etc/signet/secrets/name\" }");
        reader.text("file", "the path of a file", [&](const std::string& path) -> std::string {
            const auto value = read_secret_file(reading_.absolute(path));
            return value ? take(*value) : value.error().message();
        });
        reader.finish();
        return;
    }
    const auto* string = node->as_string();
    if (string == nullptr) {
        wrong_type(*node, key, expected);
        return;
    }
    if (const auto value = expanded(*node, key, string->get(), Quote::Mask)) {
        if (const std::string fault = take(*value); !fault.empty()) {
            wrong(*node, key, "= " + shown(kMask) + ": " + fault);
        }
    }
}

}  // namespace conf
