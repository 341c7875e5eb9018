#include "queue/outcome.h"

namespace queue {
namespace {

/// Takes 1 to 3 digits from the front of `text`.
std::optional<std::uint16_t> take_number(std::string_view& text) {
    std::size_t length = 0;
    unsigned value = 0;
    while (length < text.size() && text[length] >= '0' && text[length] <= '9') {
        if (length == 3) {
            return std::nullopt;
        }
        value = value * 10 + static_cast<unsigned>(text[length] - '0');
        ++length;
    }
    // RFC 3463 2: "Each numeric sub-code within the status-code MUST be expressed without leading
    // zero digits."
    if (length == 0 || (length > 1 && text.front() == '0')) {
        return std::nullopt;
    }
    text.remove_prefix(length);
    return static_cast<std::uint16_t>(value);
}

bool take_dot(std::string_view& text) {
    if (text.empty() || text.front() != '.') {
        return false;
    }
    text.remove_prefix(1);
    return true;
}

}  // namespace

std::optional<EnhancedStatus> EnhancedStatus::parse(std::string_view text) {
    // RFC 3463 2: status-code = class "." subject "." detail; class = "2"/"4"/"5"; subject, detail
    // = 1*3digit
    if (text.empty() || (text.front() != '2' && text.front() != '4' && text.front() != '5')) {
        return std::nullopt;
    }
    EnhancedStatus status;
    status.klass = static_cast<std::uint8_t>(text.front() - '0');
    text.remove_prefix(1);
    if (!take_dot(text)) {
        return std::nullopt;
    }
    const auto subject = take_number(text);
    if (!subject || !take_dot(text)) {
        return std::nullopt;
    }
    const auto detail = take_number(text);
    if (!detail) {
        return std::nullopt;
    }
    if (!text.empty() && std::string_view(" \t\r\n").find(text.front()) == std::string_view::npos) {
        return std::nullopt;
    }
    status.subject = *subject;
    status.detail = *detail;
    return status;
}

std::string EnhancedStatus::text() const {
    return std::to_string(klass) + '.' + std::to_string(subject) + '.' + std::to_string(detail);
}

}  // namespace queue
