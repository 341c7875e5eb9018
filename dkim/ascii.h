// ASCII: character classes of RFC 5234 and comparison without case, independent of any locale.
//
// Standards: RFC 5234 appendix B.1.
// Threads:   no state.
#pragma once

#include <algorithm>
#include <string_view>

namespace dkim {

/// RFC 5234 WSP: space or horizontal tab.
constexpr bool is_wsp(char c) {
    return c == ' ' || c == '\t';
}

constexpr bool is_alpha(char c) {
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
}

constexpr bool is_digit(char c) {
    return c >= '0' && c <= '9';
}

constexpr char lower(char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

constexpr bool equal_ignoring_case(std::string_view a, std::string_view b) {
    return a.size() == b.size() && std::equal(a.begin(), a.end(), b.begin(), [](char x, char y) {
               return lower(x) == lower(y);
           });
}

}  // namespace dkim
