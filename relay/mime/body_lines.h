// BodyLines: the lines of a body, given in pieces that may be cut anywhere, even between CR and LF.
//
// A line ends at CRLF only; a CR or LF alone is an octet like any other. A line within the limit of
// SMTP always comes whole, a longer one in pieces, so that memory stays below two lines.
//
// Standards: RFC 5322 2.1.1.
// Threads:   one owner.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "relay/mime/line_limit.h"

namespace relay::mime {

struct LinePiece {
    std::string_view text;  // without the CRLF; valid during the call
    bool begins = false;    // the first piece of its line
    bool ends = false;      // the CRLF stands behind it
    bool whole = false;     // all of a line of at most kLongestLine octets
};

class BodyLines {
public:
    /// Calls `take(const LinePiece&)` for each piece that can be given by now.
    template <class Take>
    void read(std::string_view octets, Take&& take) {
        while (!octets.empty()) {
            const std::size_t feed = line_feed(octets);
            if (feed == std::string_view::npos) {
                keep(octets, take);
                return;
            }
            if (feed == 0) {
                held_.pop_back();  // the CR
            }
            give_line(octets.substr(0, feed == 0 ? 0 : feed - 1), take);
            octets.remove_prefix(feed + 1);
        }
    }
    /// The last line, where it has no CRLF.
    template <class Take>
    void finish(Take&& take) {
        if (!held_.empty()) {
            take(LinePiece{held_, !inside_, false, !inside_ && held_.size() <= kLongestLine});
            held_.clear();
        }
        inside_ = false;
    }

private:
    /// The position of the LF of the first CRLF, whose CR may be the last octet held.
    [[nodiscard]] std::size_t line_feed(std::string_view octets) const {
        std::size_t at = octets.find('\n');
        while (at != std::string_view::npos) {
            if (at > 0 ? octets[at - 1] == '\r' : held_.ends_with('\r')) {
                break;
            }
            at = octets.find('\n', at + 1);
        }
        return at;
    }

    template <class Take>
    void give_line(std::string_view text, Take& take) {
        const bool begins = !inside_;
        inside_ = false;
        if (held_.empty()) {
            take(LinePiece{text, begins, true, begins && text.size() <= kLongestLine});
            return;
        }
        if (begins && held_.size() + text.size() <= kLongestLine) {
            held_ += text;
            take(LinePiece{held_, true, true, true});
        } else {
            take(LinePiece{held_, begins, false, false});
            take(LinePiece{text, false, true, false});
        }
        held_.clear();
    }

    /// `octets` hold no end of line.
    template <class Take>
    void keep(std::string_view octets, Take& take) {
        // One more: the last octet may be the CR of the line's end.
        if (!inside_ && held_.size() + octets.size() <= kLongestLine + 1) {
            held_ += octets;
            return;
        }
        if (!held_.empty()) {
            take(LinePiece{held_, !inside_, false, false});
            inside_ = true;
            held_.clear();
        }
        if (octets.ends_with('\r')) {
            held_ = '\r';
            octets.remove_suffix(1);
        }
        if (!octets.empty()) {
            take(LinePiece{octets, !inside_, false, false});
            inside_ = true;
        }
    }

    std::string held_;     // of the line that has not ended
    bool inside_ = false;  // a piece of that line was given already
};

}  // namespace relay::mime
