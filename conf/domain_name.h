// DomainName: a syntactically valid DNS host or mail domain, lower case, in A-labels, without the
// last dot.
//
// Two spellings of one domain compare equal, so it serves as a key everywhere.
//
// Standards: RFC 1035 2.3.4 (63 octets a label, 253 in all), RFC 5321 2.3.5, RFC 5891 (U-labels
//   become A-labels).
// Threads: values.
#pragma once

#include <compare>
#include <string>
#include <string_view>

#include "conf/result.h"

namespace conf {

class DomainName {
public:
    DomainName() = default;  // empty; no valid domain compares equal to it

    /// Accepts one trailing dot, upper case, UTF-8 labels. Labels hold letters, digits, '-' and '_'
    /// (selectors and service names have underscores) and neither begin nor end with '-'. Errors:
    /// empty name or label, too long, other characters; the detail names the label.
    static Result<DomainName> parse(std::string_view text);

    [[nodiscard]] const std::string& text() const { return text_; }
    [[nodiscard]] bool empty() const { return text_.empty(); }
    /// At least two labels.
    [[nodiscard]] bool is_fully_qualified() const { return text_.find('.') != std::string::npos; }
    /// True for "mail.example.com" under "example.com" and for the same name.
    [[nodiscard]] bool is_within(const DomainName& parent) const;

    auto operator<=>(const DomainName&) const = default;

private:
    std::string text_;
};

}  // namespace conf

template <>
struct std::hash<conf::DomainName> {
    std::size_t operator()(const conf::DomainName& name) const noexcept {
        return std::hash<std::string>{}(name.text());
    }
};
