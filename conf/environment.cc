#include "conf/environment.h"

#include <algorithm>
#include <cstdlib>

#include "conf/errors.h"

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

/// Octets of the sequence that `lead` begins; 0 where none may begin.
std::size_t utf8_length(unsigned char lead) {
    if (lead < 0x80) {
        return 1;
    }
    if (lead >= 0xC2 && lead <= 0xDF) {
        return 2;
    }
    if (lead >= 0xE0 && lead <= 0xEF) {
        return 3;
    }
    return lead >= 0xF0 && lead <= 0xF4 ? 4 : 0;
}

/// RFC 3629 4: the shortest form, no surrogates, nothing above U+10FFFF.
bool is_utf8(std::string_view text) {
    while (!text.empty()) {
        const auto lead = static_cast<unsigned char>(text[0]);
        const std::size_t length = utf8_length(lead);
        if (length == 0 || length > text.size()) {
            return false;
        }
        for (std::size_t i = 1; i < length; ++i) {
            if ((static_cast<unsigned char>(text[i]) & 0xC0U) != 0x80U) {
                return false;
            }
        }
        if (length > 2) {
            const auto second = static_cast<unsigned char>(text[1]);
            if ((lead == 0xE0 && second < 0xA0) || (lead == 0xED && second > 0x9F) ||
                (lead == 0xF0 && second < 0x90) || (lead == 0xF4 && second > 0x8F)) {
                return false;
            }
        }
        text.remove_prefix(length);
    }
    return true;
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
