#include "relay/smtp/extensions.h"

#include <charconv>
#include <string_view>

#include "relay/smtp/ascii.h"

namespace relay::smtp {
namespace {

std::optional<std::uint64_t> parse_limit(std::string_view text) {
    std::uint64_t limit = 0;
    const char* const end = text.data() + text.size();
    const auto parsed = std::from_chars(text.data(), end, limit);
    // RFC 1870 3: zero means no fixed maximum. NB: any other value than a number is ignored.
    if (parsed.ec != std::errc{} || parsed.ptr != end || limit == 0) {
        return std::nullopt;
    }
    return limit;
}

}  // namespace

Extensions Extensions::parse(const ServerReply& ehlo) {
    Extensions offered;
    // RFC 5321 4.1.1.1: the first line holds the server's name, each other a keyword with
    // parameters.
    for (std::size_t number = 1; number < ehlo.lines.size(); ++number) {
        const std::string_view line = ehlo.lines[number];
        const std::string_view keyword = line.substr(0, line.find(' '));
        if (equal_no_case(keyword, "PIPELINING")) {
            offered.pipelining = true;
        } else if (equal_no_case(keyword, "8BITMIME")) {
            offered.eight_bit = true;
        } else if (equal_no_case(keyword, "SMTPUTF8")) {
            // RFC 6531 3.1: what stands behind the keyword MUST be ignored.
            offered.utf8 = true;
        } else if (equal_no_case(keyword, "REQUIRETLS")) {
            offered.require_tls = true;
        } else if (equal_no_case(keyword, "DSN")) {
            offered.dsn = true;
        } else if (equal_no_case(keyword, "SIZE")) {
            std::string_view value = line.substr(keyword.size());
            value.remove_prefix(value.empty() ? 0 : 1);
            value = value.substr(0, value.find(' '));
            offered.size = true;
            offered.max_size = parse_limit(value);
        }
    }
    return offered;
}

}  // namespace relay::smtp
