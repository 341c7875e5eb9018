#include "conf/base64.h"

#include <array>
#include <cstdint>

namespace conf {
namespace {

constexpr std::string_view kAlphabet =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
constexpr std::uint8_t kNoDigit = 0xff;

constexpr std::array<std::uint8_t, 256> digit_values() {
    std::array<std::uint8_t, 256> values{};
    values.fill(kNoDigit);
    for (std::size_t i = 0; i < kAlphabet.size(); ++i) {
        values[static_cast<std::uint8_t>(kAlphabet[i])] = static_cast<std::uint8_t>(i);
    }
    return values;
}

constexpr std::array<std::uint8_t, 256> kDigits = digit_values();

}  // namespace

std::string encode_base64(std::string_view octets) {
    std::string text;
    text.reserve((octets.size() + 2) / 3 * 4);
    std::uint32_t group = 0;
    int have = 0;
    const auto put = [&](int digits) {
        for (int i = 0; i < 4; ++i) {
            text.push_back(i < digits ? kAlphabet[(group >> (18 - 6 * i)) & 63] : '=');
        }
    };
    for (const char octet : octets) {
        group |= std::uint32_t{static_cast<std::uint8_t>(octet)} << (16 - 8 * have);
        if (++have == 3) {
            put(4);
            group = 0;
            have = 0;
        }
    }
    if (have > 0) {
        put(have + 1);
    }
    return text;
}

std::optional<std::string> decode_base64(std::string_view text) {
    std::string octets;
    octets.reserve(text.size() / 4 * 3);
    std::uint32_t group = 0;
    int digits = 0;
    int padding = 0;
    for (const char c : text) {
        if (c == '=') {
            ++padding;
            if (digits + padding > 4 || digits < 2) {
                return std::nullopt;
            }
            continue;
        }
        const std::uint8_t value = kDigits[static_cast<std::uint8_t>(c)];
        if (value == kNoDigit || padding > 0) {
            return std::nullopt;
        }
        group = group << 6 | value;
        if (++digits == 4) {
            octets.push_back(static_cast<char>(group >> 16 & 0xff));
            octets.push_back(static_cast<char>(group >> 8 & 0xff));
            octets.push_back(static_cast<char>(group & 0xff));
            group = 0;
            digits = 0;
        }
    }
    if (digits == 0 && padding == 0) {
        return octets;
    }
    // RFC 4648 3.2 and 3.5: padding is complete, and the bits that it leaves over are zero.
    if (digits + padding != 4) {
        return std::nullopt;
    }
    const int spare = digits == 2 ? 4 : 2;
    if ((group & ((1U << spare) - 1)) != 0) {
        return std::nullopt;
    }
    group >>= spare;
    if (digits == 3) {
        octets.push_back(static_cast<char>(group >> 8 & 0xff));
    }
    octets.push_back(static_cast<char>(group & 0xff));
    return octets;
}

}  // namespace conf
