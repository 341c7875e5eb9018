#include "queue/address.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "conf/ip_address.h"
#include "conf/utf8.h"
#include "queue/errors.h"

namespace queue {
namespace {

constexpr std::size_t kMaxLocalPart = 64;  // RFC 5321 4.5.3.1.1
constexpr std::size_t kMaxDomain = 255;    // RFC 5321 4.5.3.1.2

conf::Error bad(std::string detail) {
    return error(errc::BadAddress, std::move(detail));
}

bool is_ascii(char c) {
    return static_cast<unsigned char>(c) < 0x80;
}

/// RFC 5322 3.2.3 atext. RFC 6531 3.3: atext =/ UTF8-non-ascii.
bool is_atext(char c) {
    return !is_ascii(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
           (c >= '0' && c <= '9') ||
           std::string_view("!#$%&'*+-/=?^_`{|}~").find(c) != std::string_view::npos;
}

char lower(char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

/// What is wrong with the octets of `text`, whatever their order means.
std::optional<std::string> fault_of(std::string_view text, Characters allowed) {
    if (allowed == Characters::Utf8 && !conf::is_utf8(text)) {
        return "it is no valid UTF-8";
    }
    unsigned char before = 0;
    for (const char c : text) {
        const auto octet = static_cast<unsigned char>(c);
        if (octet == 0x7f || (allowed == Characters::Ascii && !is_ascii(c))) {
            return "it has characters outside ASCII";
        }
        // U+0000 to U+001F, and in UTF-8 U+0080 to U+009F: a terminal would obey them.
        if (octet < 32 || (before == 0xc2 && octet < 0xa0)) {
            return "it has a control character";
        }
        before = octet;
    }
    return std::nullopt;
}

/// The position behind the local part. `text` has no control characters.
conf::Result<std::size_t> quoted_string_end(std::string_view text) {
    // RFC 5321 4.1.2 Quoted-string = DQUOTE *QcontentSMTP DQUOTE; QcontentSMTP = qtextSMTP /
    // quoted-pairSMTP
    std::size_t at = 1;
    while (at < text.size() && text[at] != '"') {
        // quoted-pairSMTP = %d92 %d32-126; qtextSMTP is every other printable octet and the space.
        // RFC 6531 3.3: qtextSMTP =/ UTF8-non-ascii, but not a quoted pair.
        if (text[at] == '\\' && at + 1 < text.size() && !is_ascii(text[at + 1])) {
            return bad("a backslash stands before a character outside ASCII");
        }
        at += text[at] == '\\' ? 2 : 1;
    }
    if (at >= text.size()) {
        return bad("the quoted local part has no end");
    }
    return at + 1;
}

conf::Result<std::size_t> dot_string_end(std::string_view text) {
    // RFC 5321 4.1.2 Dot-string = Atom *("." Atom)
    std::size_t at = 0;
    bool in_atom = false;
    for (; at < text.size() && text[at] != '@'; ++at) {
        if (text[at] == '.') {
            if (!in_atom) {
                return bad("the local part has a dot at its start or two in a row");
            }
            in_atom = false;
        } else if (is_atext(text[at])) {
            in_atom = true;
        } else {
            return bad(std::string("the local part has a character that must be quoted: '") +
                       text[at] + "'");
        }
    }
    if (at == 0) {
        return bad("the local part is empty");
    }
    if (!in_atom) {
        return bad("the local part ends in a dot");
    }
    return at;
}

/// RFC 5321 4.1.3: "[192.0.2.1]" or "[IPv6:2001:db8::1]", in its shortest form.
conf::Result<std::string> parse_literal(std::string_view domain) {
    if (domain.size() < 2 || domain.back() != ']') {
        return bad("the address literal has no ']' at its end");
    }
    std::string_view inside = domain.substr(1, domain.size() - 2);
    constexpr std::string_view kTag = "ipv6:";
    const bool is_v6 = inside.size() > kTag.size() &&
                       std::equal(kTag.begin(), kTag.end(), inside.begin(), [](char tag, char c) {
                           return tag == lower(c);
                       });
    if (is_v6) {
        inside.remove_prefix(kTag.size());
    }
    const auto address = conf::IpAddress::parse(inside);
    if (!address || address->is_v6() != is_v6) {
        return bad("the address literal is neither [IPv4] nor [IPv6:...]");
    }
    return (is_v6 ? "[IPv6:" : "[") + address->text() + "]";
}

conf::Result<std::string> parse_domain(std::string_view domain) {
    if (domain.empty()) {
        return bad("the domain is empty");
    }
    if (domain.size() > kMaxDomain) {
        return bad("the domain is longer than 255 octets");
    }
    if (domain.front() == '[') {
        return parse_literal(domain);
    }
    // RFC 5321 4.1.2 Domain = sub-domain *("." sub-domain): no dot at the end, unlike a name in a
    // zone file.
    if (domain.back() == '.') {
        return bad("the domain ends in a dot");
    }
    const auto name = conf::DomainName::parse(domain);
    if (!name) {
        return bad("the domain is not valid: " + name.error().message());
    }
    return name->text();
}

}  // namespace

conf::Result<Address> Address::parse(std::string_view text, Characters allowed) {
    if (text.empty()) {
        return bad("it is empty");
    }
    if (auto fault = fault_of(text, allowed)) {
        return bad(std::move(*fault));
    }
    const auto end = text.front() == '"' ? quoted_string_end(text) : dot_string_end(text);
    if (!end) {
        return end.error();
    }
    if (*end > kMaxLocalPart) {
        return bad("the local part is longer than 64 octets");
    }
    if (*end == text.size()) {
        return bad("it has no domain");
    }
    if (text[*end] != '@') {
        return bad("there is something between the local part and the '@'");
    }
    const auto domain = parse_domain(text.substr(*end + 1));
    if (!domain) {
        return domain.error();
    }
    Address address;
    address.at_ = *end;
    address.text_ = std::string(text.substr(0, *end + 1)) + *domain;
    return address;
}

std::string_view Address::local_part() const {
    return std::string_view(text_).substr(0, at_);
}

std::string_view Address::domain() const {
    return is_null() ? std::string_view() : std::string_view(text_).substr(at_ + 1);
}

bool Address::is_ascii() const {
    return std::all_of(text_.begin(), text_.end(), [](char c) { return queue::is_ascii(c); });
}

bool Address::has_literal() const {
    return !is_null() && text_[at_ + 1] == '[';
}

}  // namespace queue
