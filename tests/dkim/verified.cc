#include "tests/dkim/verified.h"

#include <vector>

#include "dkim/key.h"
#include "dkim/sha256.h"
#include "dkim/tag_list.h"
#include "tests/dkim/reference_canonical.h"
#include "tests/dkim/test_keys.h"

namespace test {
namespace {

std::string lower_case(std::string text) {
    for (char& c : text) {
        if (c >= 'A' && c <= 'Z') {
            c = static_cast<char>(c + 32);
        }
    }
    return text;
}

// The fields of a block, each with its CRLF, and their names in lower case.
struct NamedField {
    std::string name;
    std::string raw;
};

std::vector<NamedField> fields_of(const std::string& block) {
    std::vector<NamedField> fields;
    std::vector<std::string> parts = reference::lines(block);
    parts.pop_back();  // behind the last CRLF
    for (const std::string& line : parts) {
        if (line.front() == ' ' || line.front() == '\t') {
            fields.back().raw += line + "\r\n";
        } else {
            fields.push_back(
                {lower_case(reference::without_white_end(line.substr(0, line.find(':')))),
                 line + "\r\n"});
        }
    }
    return fields;
}

}  // namespace

std::string verified(const std::string& own_field,
                     const std::string& block,
                     const std::string& body,
                     const std::string& record) {
    const auto key = dkim::PublicRecord::parse(record);
    const auto tags =
        dkim::TagList::parse(std::string_view(own_field).substr(own_field.find(':') + 1));
    if (!key || !tags) {
        return "malformed";
    }
    const std::string c(tags->find("c").value());
    const bool relaxed_header = c.substr(0, 7) == "relaxed";
    const std::string canonical_body = c.substr(c.find('/') + 1) == "relaxed"
                                           ? reference::relaxed_body(body)
                                           : reference::simple_body(body);
    const auto digest = dkim::sha256(canonical_body);
    if (dkim::decode_base64string(*tags->find("bh")) !=
        std::string(reinterpret_cast<const char*>(digest.data()), digest.size())) {
        return "body differs";
    }
    std::vector<NamedField> fields = fields_of(block);
    std::string data;
    for (const std::string_view part : dkim::split_at_colons(*tags->find("h"))) {
        // The last one that is not taken yet; a name without one is the null string.
        for (std::size_t i = fields.size(); i > 0; --i) {
            if (fields[i - 1].name == lower_case(std::string(part))) {
                data += relaxed_header ? reference::relaxed_field(fields[i - 1].raw)
                                       : fields[i - 1].raw;
                fields[i - 1].name.clear();
                break;
            }
        }
    }
    // b= is emptied, the CRLF at the end is left out.
    const std::string_view b = *tags->find("b");
    std::string emptied = own_field;
    emptied.erase(static_cast<std::size_t>(b.data() - own_field.data()), b.size());
    data += relaxed_header ? reference::relaxed_field(emptied) : emptied;
    data.resize(data.size() - 2);
    const auto signature = dkim::decode_base64string(b);
    return signature && verifies(key->type, key->key, data, *signature) ? "good"
                                                                        : "signature differs";
}

}  // namespace test
