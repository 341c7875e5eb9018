#include "conf/mailbox.h"

#include <algorithm>

#include "conf/errors.h"

namespace conf {

namespace {

constexpr std::size_t kLongestLocal = 64;  // RFC 5321 4.5.3.1.1

bool is_atext(char c) {
    // RFC 5322 3.2.3: printable ASCII without specials.
    constexpr std::string_view kMarks = "!#$%&'*+-/=?^_`{|}~";
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           kMarks.find(c) != std::string_view::npos;
}

/// RFC 5321 4.1.2: Dot-string = Atom *("." Atom).
bool is_dot_string(std::string_view local) {
    bool after_dot = true;
    for (const char c : local) {
        if (c == '.' ? after_dot : !is_atext(c)) {
            return false;
        }
        after_dot = c == '.';
    }
    return !after_dot;
}

}  // namespace

Result<Mailbox> parse_mailbox(std::string_view text) {
    const std::size_t at = text.rfind('@');
    if (at == std::string_view::npos) {
        return error(errc::BadMailbox, "the '@' is missing: write \"postmaster@example.com\"");
    }
    const std::string_view local = text.substr(0, at);
    if (local.size() > kLongestLocal || !is_dot_string(local)) {
        return error(errc::BadMailbox,
                     "in front of the '@' stand 1 to 64 letters, digits, dots or marks, unquoted");
    }
    auto domain = DomainName::parse(text.substr(at + 1));
    if (!domain) {
        return domain.error();
    }
    return Mailbox{std::string(local), std::move(*domain)};
}

}  // namespace conf
