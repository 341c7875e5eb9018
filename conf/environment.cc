#include "conf/environment.h"

#include <algorithm>
#include <cstdlib>

#include "conf/errors.h"
#include "conf/utf8.h"

namespace conf {

namespace {

bool is_name(std::string_view name) {
    // POSIX 8.1: letters, digits and '_', no digit first.
    const auto is_letter = [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
    };
    return !name.empty() && is_letter(name.front()) &&
           std::all_of(name.begin(), name.end(), [&](char c) {
               return is_letter(c) || (c >= '0' && c <= '9');
           });
}

}  // namespace

Result<std::string> expand_environment(std::string_view text) {
    std::string expanded;
    while (!text.empty()) {
        if (text.starts_with("$${")) {
            expanded += "${";
            text.remove_prefix(3);
        } else if (text.starts_with("${")) {
            const std::size_t end = text.find('}');
            const std::string name(text.substr(2, end == std::string_view::npos ? end : end - 2));
            if (end == std::string_view::npos || !is_name(name)) {
                return error(errc::BadReference, "write $${ for the characters themselves");
            }
            const char* value =
                std::getenv(name.c_str());  // NOLINT(concurrency-mt-unsafe): see above
            if (value == nullptr) {
                return error(errc::UnsetVariable, "set " + name + " before the start");
            }
            if (!is_utf8(value)) {
                return error(errc::BadVariable, name);
            }
            expanded += value;
            text.remove_prefix(end + 1);
        } else {
            expanded += text.front();
            text.remove_prefix(1);
        }
    }
    return expanded;
}

std::string escape_environment(std::string_view value) {
    std::string escaped;
    for (std::size_t i = 0; i < value.size(); ++i) {
        if (value.substr(i).starts_with("${")) {
            escaped += '$';
        }
        escaped += value[i];
    }
    return escaped;
}

}  // namespace conf
