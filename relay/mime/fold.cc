#include "relay/mime/fold.h"

#include <algorithm>

#include "dkim/ascii.h"
#include "dkim/field.h"
#include "relay/mime/errors.h"
#include "relay/mime/line_limit.h"

namespace relay::mime {

namespace {

constexpr std::string_view kWhite = " \t";
constexpr std::size_t kGoodLine = 78;      // RFC 5322 2.1.1: SHOULD be no more than 78 characters
constexpr std::size_t kLongestName = 100;  // of a field, in a reply

/// Where the CRLF goes: before a white space behind `text`, the first octet of the line that is
/// something else. 0 where there is none within reach.
std::size_t fold_position(std::string_view line, std::size_t text) {
    const std::size_t most = std::min(kLongestLine, line.size() - 2);
    std::size_t good = 0;  // before the last white space of a run
    std::size_t any = 0;
    for (std::size_t at = text + 1; at <= most && (good == 0 || at <= kGoodLine); ++at) {
        if (!dkim::is_wsp(line[at])) {
            continue;
        }
        any = at;
        if (!dkim::is_wsp(line[at + 1])) {
            good = at;
        }
    }
    return good != 0 ? good : any;
}

/// `value`: position behind the colon, 0 in a continuation line. False where a line stays too long.
bool fold_line(std::string_view line, std::size_t value, std::string& out) {
    while (line.size() > kLongestLine) {
        const std::size_t text = line.find_first_not_of(kWhite, value);
        if (text == std::string_view::npos) {
            return false;
        }
        std::size_t at = fold_position(line, text);
        if (at == 0 && value != 0 && text > value && text <= kLongestLine) {
            at = text - 1;  // nothing but the name stands on the first line
        }
        if (at == 0 || line.find_first_not_of(kWhite, at) == std::string_view::npos) {
            return false;
        }
        out += line.substr(0, at);
        out += "\r\n";
        line.remove_prefix(at);
        value = 0;
    }
    out += line;
    return true;
}

}  // namespace

conf::Result<std::string> fold_long_lines(std::string_view header) {
    const auto fields = dkim::Header::parse(header);
    if (!fields) {
        return error(errc::BadHeader, fields.error().detail);
    }
    std::string result;
    for (const dkim::Field& field : fields->fields()) {
        auto value = static_cast<std::size_t>(field.value.data() - field.raw.data());
        for (std::size_t at = 0; at < field.raw.size();) {
            const std::size_t end = field.raw.find("\r\n", at);
            if (!fold_line(field.raw.substr(at, end - at), value, result)) {
                return error(errc::LongField, std::string(field.name.substr(0, kLongestName)));
            }
            result += "\r\n";
            at = end + 2;
            value = 0;
        }
    }
    return result;
}

}  // namespace relay::mime
