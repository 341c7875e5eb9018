// LineLimit: whether text, piece by piece, has a line that is too long for SMTP.
//
// Cheap: looks back from where a line may end at the latest, so that it reads a small part of the
// text.
//
// Standards: RFC 5322 2.1.1 (998 octets without their CRLF), RFC 5321 4.5.3.1.6.
// Threads:   one owner.
#pragma once

#include <cstddef>
#include <string_view>

namespace relay::mime {

inline constexpr std::size_t kLongestLine = 998;

class LineLimit {
public:
    /// The next octets; lines end with CRLF.
    void update(std::string_view octets) {
        while (!exceeded_) {
            // The LF stands within the next `most` octets, or the line is too long.
            const std::size_t most = kLongestLine + 2 - open_;
            const std::size_t end = octets.substr(0, most).rfind('\n');
            if (end != std::string_view::npos) {
                octets.remove_prefix(end + 1);
                open_ = 0;
            } else if (octets.size() < most) {
                open_ += octets.size();
                return;
            } else {
                exceeded_ = true;
            }
        }
    }
    [[nodiscard]] bool exceeded() const { return exceeded_; }

private:
    std::size_t open_ = 0;  // octets of the line that has not ended
    bool exceeded_ = false;
};

}  // namespace relay::mime
