#include "relay/mime/utf8_stream.h"

namespace relay::mime {

void Utf8Stream::update(std::string_view octets) {
    for (const char c : octets) {
        const auto octet = static_cast<std::uint8_t>(c);
        if (missing_ > 0) {
            valid_ = valid_ && octet >= least_ && octet <= most_;
            --missing_;
            least_ = 0x80;
            most_ = 0xBF;
        } else if (octet >= 0x80) {
            // RFC 3629 4: UTF8-2 = %xC2-DF UTF8-tail; UTF8-3 and UTF8-4 bound the second octet.
            valid_ = valid_ && octet >= 0xC2 && octet <= 0xF4;
            missing_ = octet < 0xE0 ? 1 : octet < 0xF0 ? 2 : 3;
            least_ = octet == 0xE0 ? 0xA0 : octet == 0xF0 ? 0x90 : 0x80;
            most_ = octet == 0xED ? 0x9F : octet == 0xF4 ? 0x8F : 0xBF;
        }
        if (!valid_) {
            return;
        }
    }
}

}  // namespace relay::mime
