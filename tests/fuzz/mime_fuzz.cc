// A message made sendable is sendable, however it is cut, and once is enough.
//
// The first octet holds the wishes, the second seeds the cuts; the rest is the message.

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "conf/utf8.h"
#include "relay/mime/survey.h"
#include "tests/relay/mime/recode.h"

namespace {

void require(bool holds) {
    if (!holds) {
        std::abort();
    }
}

/// Line ends as a message that was received has them; "\n" of the input stands for CRLF.
std::string with_line_ends(std::string_view text) {
    std::string result;
    for (const char octet : text) {
        result += octet == '\n' ? "\r\n" : std::string(1, octet);
    }
    return result;
}

/// "@" repeats the octet before it, so that long lines are within the fuzzer's reach.
std::string stretched(std::string_view text) {
    std::string result;
    for (std::size_t at = 0; at < text.size() && result.size() < 100'000; ++at) {
        if (text[at] == '@' && at > 0) {
            result.append(500, text[at - 1]);
        } else {
            result += text[at];
        }
    }
    return result;
}

tests::Message message_of(std::string_view text) {
    const std::string whole = with_line_ends(stretched(text));
    if (whole.starts_with("\r\n")) {
        return {"", whole.substr(2)};
    }
    const std::size_t end = whole.find("\r\n\r\n");
    if (end == std::string::npos) {
        return {"", whole};
    }
    return {whole.substr(0, end + 2), whole.substr(end + 4)};
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size < 2) {
        return 0;
    }
    const relay::mime::Wishes wishes{(data[0] & 1U) != 0, (data[0] & 2U) != 0};
    const std::string_view input(reinterpret_cast<const char*>(data), size);
    const tests::Message message = message_of(input.substr(2));
    const auto whole = tests::recode(message, wishes);

    std::uint32_t seed = data[1] * 2654435761U;
    const std::uint32_t most = data[1] % 4 == 0 ? 3000 : data[1] % 4 * 7;
    const auto cut = tests::recode(message, wishes, [&] {
        seed = seed * 1664525U + 1013904223U;
        return std::size_t{1} + (seed >> 16U) % most;
    });
    require(whole.has_value() == cut.has_value());
    if (!whole) {
        require(whole.error().message() == cut.error().message());
        require(conf::is_ascii(whole.error().message()));
        return 0;
    }
    require(whole->message == cut->message);
    require(whole->changed || whole->message == message);
    if (wishes.long_lines) {
        require(tests::longest_line(whole->message.header) <= relay::mime::kLongestLine);
        require(tests::longest_line(whole->message.body) <= relay::mime::kLongestLine);
    }
    const auto again = tests::recode(whole->message, wishes);
    require(again.has_value() && !again->changed);
    return 0;
}
