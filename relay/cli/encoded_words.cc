#include "relay/cli/encoded_words.h"

#include <algorithm>

#include "conf/base64.h"

namespace relay::cli {

std::string encoded_words(std::string_view text) {
    // 52 in base64 and 12 around them: even the line of "Subject: " has at most 76.
    constexpr std::size_t kMaxOctets = 39;
    std::string result;
    while (!text.empty()) {
        std::size_t length = std::min(kMaxOctets, text.size());
        while (length < text.size() && length > 1 &&
               (static_cast<unsigned char>(text[length]) & 0xC0U) == 0x80) {
            --length;
        }
        result += (result.empty() ? "=?utf-8?B?" : "\r\n =?utf-8?B?") +
                  conf::encode_base64(text.substr(0, length)) + "?=";
        text.remove_prefix(length);
    }
    return result;
}

}  // namespace relay::cli
