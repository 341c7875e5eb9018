#include "dkim/field.h"

#include <algorithm>

#include "dkim/ascii.h"
#include "dkim/errors.h"

namespace dkim {
namespace {

conf::Error bad_line(std::size_t number, std::string_view what) {
    return error(errc::BadHeader, "line " + std::to_string(number) + ": " + std::string(what));
}

// RFC 5322 3.6.8: ftext = %d33-57 / %d59-126
bool is_field_name(std::string_view name) {
    return !name.empty() &&
           std::all_of(name.begin(), name.end(), [](char c) { return c > ' ' && c < '\x7f'; });
}

}  // namespace

bool Field::is(std::string_view other) const {
    return equal_ignoring_case(name, other);
}

conf::Result<Header> Header::parse(std::string_view block) {
    Header header;
    std::size_t number = 0;
    for (std::size_t at = 0; at < block.size();) {
        ++number;
        const std::size_t feed = block.find('\n', at);
        const std::string_view line = block.substr(at, feed - at);
        const std::size_t carriage = line.find('\r');
        if (feed == std::string_view::npos) {
            return bad_line(number,
                            carriage == std::string_view::npos || carriage + 1 == line.size()
                                ? "the last line does not end with CRLF"
                                : "a carriage return without a line feed");
        }
        if (carriage == std::string_view::npos) {
            return bad_line(number, "a line feed without a carriage return");
        }
        if (carriage + 1 != line.size()) {
            return bad_line(number, "a carriage return without a line feed");
        }
        const std::size_t next = feed + 1;
        // RFC 5322 2.2.3: a line that begins with white space continues the field above it.
        if (is_wsp(line.front())) {
            if (header.fields_.empty()) {
                return bad_line(number, "a continuation line before the first field");
            }
            Field& field = header.fields_.back();
            field.raw = {field.raw.data(), field.raw.size() + (next - at)};
            const std::size_t before = static_cast<std::size_t>(field.value.data() - block.data());
            field.value = block.substr(before, feed - 1 - before);
        } else {
            const std::size_t colon = line.find(':');
            if (colon == std::string_view::npos) {
                return bad_line(number, "no colon");
            }
            std::string_view name = line.substr(0, colon);
            // RFC 5322 4.5: obsolete fields may have white space before the colon.
            while (!name.empty() && is_wsp(name.back())) {
                name.remove_suffix(1);
            }
            if (!is_field_name(name)) {
                return bad_line(number,
                                name.empty() ? "an empty field name"
                                             : "a field name with characters other than "
                                               "printable ASCII without spaces");
            }
            header.fields_.push_back(
                {block.substr(at, next - at), name, line.substr(colon + 1, carriage - colon - 1)});
        }
        at = next;
    }
    return header;
}

std::size_t Header::count(std::string_view name) const {
    return static_cast<std::size_t>(std::count_if(
        fields_.begin(), fields_.end(), [name](const Field& field) { return field.is(name); }));
}

const Field* Header::find(std::string_view name) const {
    const auto found = std::find_if(
        fields_.begin(), fields_.end(), [name](const Field& field) { return field.is(name); });
    return found == fields_.end() ? nullptr : &*found;
}

}  // namespace dkim
