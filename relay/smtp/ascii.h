// Ascii: letters and octets as SMTP sees them, whatever the locale says.
//
// Standards: RFC 5321 2.4 (verbs and keywords are compared without regard to case), 4.1.2
// (printable octets). Threads:   values. Errors: none.
#pragma once

#include <algorithm>
#include <string_view>

namespace relay::smtp {

constexpr char to_lower(char octet) {
    return octet >= 'A' && octet <= 'Z' ? static_cast<char>(octet - 'A' + 'a') : octet;
}
constexpr char to_upper(char octet) {
    return octet >= 'a' && octet <= 'z' ? static_cast<char>(octet - 'a' + 'A') : octet;
}

constexpr bool equal_no_case(std::string_view left, std::string_view right) {
    return left.size() == right.size() &&
           std::equal(left.begin(), left.end(), right.begin(), [](char a, char b) {
               return to_lower(a) == to_lower(b);
           });
}

constexpr bool is_digit(char octet) {
    return octet >= '0' && octet <= '9';
}
constexpr bool is_alphanumeric(char octet) {
    return is_digit(octet) || (to_lower(octet) >= 'a' && to_lower(octet) <= 'z');
}
/// Space to tilde.
constexpr bool is_printable(char octet) {
    return octet >= ' ' && octet <= '~';
}
constexpr bool is_ascii(char octet) {
    return (static_cast<unsigned char>(octet) & 0x80U) == 0;
}

}  // namespace relay::smtp
