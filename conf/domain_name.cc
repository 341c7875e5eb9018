#include "conf/domain_name.h"

#include <algorithm>
#include <cstdint>
#include <idn2.h>

#include "conf/errors.h"
#include "conf/utf8.h"

namespace conf {

namespace {

constexpr std::size_t kLongestLabel = 63;  // RFC 1035 2.3.4
constexpr std::size_t kLongestName =
    253;  // 255 octets on the wire, less the first length and the root
constexpr std::size_t kLongestUtf8 = 1024;  // 253 characters of at most four octets

char lower(char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

bool is_label_character(char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_';
}

/// A label as a message may show it: short, without control characters.
std::string shown(std::string_view label) {
    std::string text = "'";
    for (const char c : label.substr(0, kLongestLabel)) {
        text += static_cast<unsigned char>(c) < 0x20 || c == 0x7F ? '?' : c;
    }
    return text + (label.size() > kLongestLabel ? "...'" : "'");
}

Result<std::string> to_a_labels(std::string_view text) {
    if (text.size() > kLongestUtf8 || text.find('\0') != std::string_view::npos) {
        return error(errc::BadUnicodeName, "too long or with a NUL");
    }
    const std::string terminated(text);
    std::uint8_t* converted = nullptr;
    // RFC 5891 5: the lookup protocol; non-transitional, so that 'ß' stays itself (IDNA 2008).
    const int rc = idn2_lookup_u8(reinterpret_cast<const std::uint8_t*>(terminated.c_str()),
                                  &converted,
                                  IDN2_NFC_INPUT | IDN2_NONTRANSITIONAL);
    if (rc != IDN2_OK) {
        return error(errc::BadUnicodeName, idn2_strerror(rc));
    }
    std::string name(reinterpret_cast<const char*>(converted));
    idn2_free(converted);
    return name;
}

Result<void> check_label(std::string_view label) {
    if (label.empty()) {
        return error(errc::EmptyLabel);
    }
    if (label.size() > kLongestLabel) {
        return error(errc::LabelTooLong, shown(label));
    }
    if (!std::all_of(label.begin(), label.end(), is_label_character)) {
        return error(errc::BadLabelCharacter, shown(label));
    }
    if (label.front() == '-' || label.back() == '-') {
        return error(errc::HyphenAtEdge, shown(label));
    }
    return {};
}

}  // namespace

Result<DomainName> DomainName::parse(std::string_view text) {
    DomainName name;
    if (is_ascii(text)) {
        name.text_ = text;
        std::transform(name.text_.begin(), name.text_.end(), name.text_.begin(), lower);
    } else {
        auto converted = to_a_labels(text);
        if (!converted) {
            return converted.error();
        }
        name.text_ = std::move(*converted);
    }
    if (!name.text_.empty() && name.text_.back() == '.') {
        name.text_.pop_back();
    }
    if (name.text_.empty()) {
        return error(errc::EmptyName);
    }
    for (std::size_t begin = 0; begin <= name.text_.size();) {
        const std::size_t dot = std::min(name.text_.find('.', begin), name.text_.size());
        if (auto checked = check_label(std::string_view(name.text_).substr(begin, dot - begin));
            !checked) {
            return checked.error();
        }
        begin = dot + 1;
    }
    if (name.text_.size() > kLongestName) {
        return error(errc::NameTooLong);
    }
    return name;
}

bool DomainName::is_within(const DomainName& parent) const {
    if (parent.empty() || !text_.ends_with(parent.text_)) {
        return false;
    }
    return text_.size() == parent.text_.size() ||
           text_[text_.size() - parent.text_.size() - 1] == '.';
}

}  // namespace conf
