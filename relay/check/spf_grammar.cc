#include "relay/check/spf_grammar.h"

#include <algorithm>
#include <string>

namespace relay::check {
namespace {

bool is_digit(char c) {
    return c >= '0' && c <= '9';
}
bool is_alpha(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}
bool is_alphanum(char c) {
    return is_digit(c) || is_alpha(c);
}

/// Octets that macro-expand takes from the front of `text`, which begins with '%'; 0 when it is
/// none.
std::size_t macro_length(std::string_view text) {
    // macro-expand = ( "%{" macro-letter transformers *delimiter "}" ) / "%%" / "%_" / "%-"
    if (text.size() < 2) {
        return 0;
    }
    if (text[1] == '%' || text[1] == '_' || text[1] == '-') {
        return 2;
    }
    if (text[1] != '{') {
        return 0;
    }
    std::size_t at = 2;
    // macro-letter; 7.2: "c", "r" and "t" are allowed only in explanations, which are not read
    // here.
    constexpr std::string_view kLetters = "slodiphvSLODIPHV";
    if (at >= text.size() || kLetters.find(text[at]) == std::string_view::npos) {
        return 0;
    }
    ++at;
    // transformers = *DIGIT [ "r" ]; 7.1: the number must not be zero.
    const auto digits = at;
    while (at < text.size() && is_digit(text[at])) {
        ++at;
    }
    const auto number = text.substr(digits, at - digits);
    if (!number.empty() && number.find_first_not_of('0') == std::string_view::npos) {
        return 0;
    }
    if (at < text.size() && (text[at] == 'r' || text[at] == 'R')) {
        ++at;
    }
    // delimiter = "." / "-" / "+" / "," / "/" / "_" / "="
    constexpr std::string_view kDelimiters = ".-+,/_=";
    while (at < text.size() && kDelimiters.find(text[at]) != std::string_view::npos) {
        ++at;
    }
    return at < text.size() && text[at] == '}' ? at + 1 : 0;
}

/// Where the last macro of `text` ends; nothing when `text` is no macro-string. 0: there is no
/// macro in it.
std::optional<std::size_t> end_of_last_macro(std::string_view text) {
    std::size_t end = 0;
    for (std::size_t at = 0; at < text.size();) {
        const char c = text[at];
        if (c == '%') {
            const auto length = macro_length(text.substr(at));
            if (length == 0) {
                return std::nullopt;
            }
            at += length;
            end = at;
        } else if (c >= 0x21 && c <= 0x7e) {
            ++at;
        } else {
            return std::nullopt;
        }
    }
    return end;
}

/// toplabel = ( *alphanum ALPHA *alphanum ) / ( 1*alphanum "-" *( alphanum / "-" ) alphanum )
bool is_top_label(std::string_view label) {
    if (label.empty() || !is_alphanum(label.front()) || !is_alphanum(label.back())) {
        return false;
    }
    const bool spelt =
        std::all_of(label.begin(), label.end(), [](char c) { return is_alphanum(c) || c == '-'; });
    return spelt && !std::all_of(label.begin(), label.end(), is_digit);
}

struct Prefixes {
    std::string_view rest;
    std::optional<int> v4;
    std::optional<int> v6;
};

/// Takes dual-cidr-length from the end of `tail`: [ "/" v4 ] [ "//" v6 ]. What does not look like
/// one stays in `rest`.
std::optional<Prefixes> take_prefixes(std::string_view tail) {
    Prefixes taken{tail, std::nullopt, std::nullopt};
    auto take = [&taken](std::string_view separator, int most) -> std::optional<int> {
        std::size_t at = taken.rest.size();
        while (at > 0 && is_digit(taken.rest[at - 1])) {
            --at;
        }
        const auto digits = taken.rest.substr(at);
        if (digits.empty() || !taken.rest.substr(0, at).ends_with(separator)) {
            return -1;
        }
        const auto value = parse_prefix(digits, most);
        taken.rest = taken.rest.substr(0, at - separator.size());
        return value;
    };
    const auto v6 = take("//", 128);
    if (!v6) {
        return std::nullopt;
    }
    if (*v6 >= 0) {
        taken.v6 = v6;
    }
    const auto v4 = take("/", 32);
    if (!v4) {
        return std::nullopt;
    }
    if (*v4 >= 0) {
        taken.v4 = v4;
    }
    return taken;
}

}  // namespace

bool is_macro_string(std::string_view text) {
    return end_of_last_macro(text).has_value();
}

std::optional<DomainSpec> parse_domain_spec(std::string_view text) {
    const auto literal = end_of_last_macro(text);
    if (!literal || text.empty()) {
        return std::nullopt;
    }
    DomainSpec spec{std::string(text), text.find('%') != std::string_view::npos};
    if (*literal == text.size()) {
        // domain-end = macro-expand: "%%", "%_" and "%-" make no end of a name, but the grammar
        // lets them.
        return spec;
    }
    // domain-end = "." toplabel [ "." ]
    auto rest = text.substr(*literal);
    if (rest.ends_with('.')) {
        rest.remove_suffix(1);
        spec.text.pop_back();
    }
    const auto dot = rest.rfind('.');
    if (dot == std::string_view::npos || !is_top_label(rest.substr(dot + 1))) {
        return std::nullopt;
    }
    return spec;
}

bool is_modifier_name(std::string_view text) {
    return !text.empty() && is_alpha(text.front()) &&
           std::all_of(text.begin(), text.end(), [](char c) {
               return is_alphanum(c) || c == '-' || c == '_' || c == '.';
           });
}

std::optional<int> parse_prefix(std::string_view digits, int most) {
    // "0" / %x31-39 0*nDIGIT
    if (digits.empty() || digits.size() > 3 || (digits.size() > 1 && digits.front() == '0') ||
        !std::all_of(digits.begin(), digits.end(), is_digit)) {
        return std::nullopt;
    }
    int value = 0;
    for (const char digit : digits) {
        value = value * 10 + (digit - '0');
    }
    return value <= most ? std::optional(value) : std::nullopt;
}

std::optional<HostTail> parse_host_tail(std::string_view tail) {
    const auto taken = take_prefixes(tail);
    if (!taken) {
        return std::nullopt;
    }
    HostTail host;
    host.prefix4 = taken->v4.value_or(32);
    host.prefix6 = taken->v6.value_or(128);
    if (taken->rest.empty()) {
        return host;
    }
    if (taken->rest.front() != ':') {
        return std::nullopt;
    }
    auto domain = parse_domain_spec(taken->rest.substr(1));
    if (!domain) {
        return std::nullopt;
    }
    host.domain = std::move(*domain);
    return host;
}

}  // namespace relay::check
