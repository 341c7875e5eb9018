#include "relay/smtp/scram_message.h"

#include <algorithm>
#include <vector>

#include "conf/base64.h"
#include "conf/utf8.h"
#include "relay/smtp/ascii.h"

namespace relay::smtp {

namespace {

constexpr std::size_t kLongestMessage = 4096;
constexpr std::size_t kLongestName = 255;
constexpr std::size_t kLongestNonce = 256;
constexpr std::size_t kProofLength = 32;  // octets of SHA-256

std::vector<std::string_view> split_at_commas(std::string_view text) {
    std::vector<std::string_view> parts;
    for (std::size_t comma = text.find(','); comma != std::string_view::npos;
         comma = text.find(',')) {
        parts.push_back(text.substr(0, comma));
        text.remove_prefix(comma + 1);
    }
    parts.push_back(text);
    return parts;
}

/// The value of "x=value"; nothing where `part` is another attribute.
std::optional<std::string_view> value_of(std::string_view part, char attribute) {
    if (part.size() < 2 || part[0] != attribute || part[1] != '=') {
        return std::nullopt;
    }
    return part.substr(2);
}

/// RFC 5802 7: saslname = 1*(value-safe-char / "=2C" / "=3D")
std::optional<std::string> decode_name(std::string_view text) {
    std::string name;
    while (!text.empty()) {
        if (text.front() != '=') {
            name += text.front();
            text.remove_prefix(1);
            continue;
        }
        // RFC 5802 5.1: "=" not followed by either "2C" or "3D": the server MUST fail.
        if (!text.starts_with("=2C") && !text.starts_with("=3D")) {
            return std::nullopt;
        }
        name += text[1] == '2' ? ',' : '=';
        text.remove_prefix(3);
    }
    return is_sasl_name(name) ? std::optional(std::move(name)) : std::nullopt;
}

/// RFC 5802 7: printable = %x21-2B / %x2D-7E
bool is_nonce(std::string_view text, std::size_t longest) {
    return !text.empty() && text.size() <= longest &&
           std::all_of(
               text.begin(), text.end(), [](char c) { return c > ' ' && c <= '~' && c != ','; });
}

/// RFC 5802 7: attr-val = ALPHA "=" value; 5.1: extensions that are not known are ignored, but "m"
/// is reserved for those that must not be.
bool are_extensions(const std::string_view* begin, const std::string_view* end) {
    return std::all_of(begin, end, [](std::string_view part) {
        return part.size() > 2 && to_lower(part[0]) >= 'a' && to_lower(part[0]) <= 'z' &&
               part[0] != 'm' && part[1] == '=' && part.find('\0') == std::string_view::npos &&
               conf::is_utf8(part);
    });
}

}  // namespace

bool is_sasl_name(std::string_view name) {
    return !name.empty() && name.size() <= kLongestName &&
           name.find('\0') == std::string_view::npos && conf::is_utf8(name);
}

std::optional<ScramClientFirst> ScramClientFirst::parse(std::string_view message) {
    if (message.size() > kLongestMessage) {
        return std::nullopt;
    }
    // RFC 5802 7: gs2-header = gs2-cbind-flag "," [ authzid ] ","; client-first-message-bare =
    // [reserved-mext ","] username "," nonce ["," extensions]
    const auto parts = split_at_commas(message);
    if (parts.size() < 4) {
        return std::nullopt;
    }
    // 6: "n" is a client without channel binding, "y" one that believes us to have none, and is
    // right. "p=" asks for what was not offered.
    if (parts[0] != "n" && parts[0] != "y") {
        return std::nullopt;
    }
    ScramClientFirst first;
    if (!parts[1].empty()) {
        const auto authzid = value_of(parts[1], 'a');
        auto name = authzid ? decode_name(*authzid) : std::nullopt;
        if (!name) {
            return std::nullopt;
        }
        first.authzid = std::move(*name);
    }
    const std::size_t header = parts[0].size() + 1 + parts[1].size() + 1;
    first.gs2_header = message.substr(0, header);
    first.bare = message.substr(header);
    // An "m=" stands where the name should: 5.1, the server MUST fail.
    const auto user = value_of(parts[2], 'n');
    auto name = user ? decode_name(*user) : std::nullopt;
    const auto nonce = value_of(parts[3], 'r');
    if (!name || !nonce || !is_nonce(*nonce, kLongestNonce) ||
        !are_extensions(parts.data() + 4, parts.data() + parts.size())) {
        return std::nullopt;
    }
    first.user = std::move(*name);
    first.nonce = *nonce;
    return first;
}

std::optional<ScramClientFinal> ScramClientFinal::parse(std::string_view message) {
    if (message.size() > kLongestMessage) {
        return std::nullopt;
    }
    // RFC 5802 7: client-final-message = channel-binding "," nonce ["," extensions] "," proof
    const auto parts = split_at_commas(message);
    if (parts.size() < 3) {
        return std::nullopt;
    }
    const auto binding = value_of(parts[0], 'c');
    const auto nonce = value_of(parts[1], 'r');
    const auto proof = value_of(parts.back(), 'p');
    if (!binding || !nonce || !proof || !is_nonce(*nonce, kLongestMessage) ||
        !are_extensions(parts.data() + 2, parts.data() + parts.size() - 1)) {
        return std::nullopt;
    }
    auto octets = conf::decode_base64(*proof);
    if (!octets || octets->size() != kProofLength) {
        return std::nullopt;
    }
    return ScramClientFinal{message.substr(0, message.size() - parts.back().size() - 1),
                            *binding,
                            *nonce,
                            std::move(*octets)};
}

}  // namespace relay::smtp
