// Utf8Stream: whether octets that come in pieces are UTF-8 throughout.
//
// Standards: RFC 3629 4: the shortest form, no surrogates, nothing above U+10FFFF.
// Threads:   one owner.
#pragma once

#include <cstdint>
#include <string_view>

namespace relay::mime {

class Utf8Stream {
public:
    void update(std::string_view octets);
    /// What follows is ASCII, if only a line end.
    void update_ascii() { valid_ = valid_ && missing_ == 0; }
    /// So far, with no sequence left open.
    [[nodiscard]] bool is_valid() const { return valid_ && missing_ == 0; }

private:
    bool valid_ = true;
    int missing_ = 0;  // octets of the sequence that is open
    std::uint8_t least_ = 0x80;
    std::uint8_t most_ = 0xBF;  // of the next one of them
};

}  // namespace relay::mime
