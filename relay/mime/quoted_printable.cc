#include "relay/mime/quoted_printable.h"

#include <algorithm>
#include <array>
#include <cstdint>

#include "dkim/ascii.h"

namespace relay::mime {

namespace {

// RFC 2045 6.7 (5): no more than 76 characters, of which a soft break takes the last.
constexpr std::size_t kLongestText = 75;
constexpr std::size_t kMostSpaces = 8192;
constexpr std::string_view kHexDigits = "0123456789ABCDEF";

// RFC 2045 6.7 (2): octets 33 to 60 and 62 to 126 may stand for themselves. White space is not in
// here: it may, unless it ends a line.
constexpr std::array<bool, 256> plain_octets() {
    std::array<bool, 256> plain{};
    for (std::size_t octet = 33; octet <= 126; ++octet) {
        plain.at(octet) = octet != '=';
    }
    return plain;
}

constexpr std::array<bool, 256> kPlain = plain_octets();

bool is_plain(char octet) {
    return kPlain[static_cast<std::uint8_t>(octet)];
}

bool is_hex_digit(char c) {
    return dkim::is_digit(c) || (dkim::lower(c) >= 'a' && dkim::lower(c) <= 'f');
}

}  // namespace

std::size_t octets_to_escape(std::string_view text) {
    return static_cast<std::size_t>(std::count_if(
        text.begin(), text.end(), [](char c) { return !is_plain(c) && !dkim::is_wsp(c); }));
}

/// A "-" at the start of a line might make it a delimiter (RFC 2046 5.1.1), now that its other
/// octets are written differently. The others matter only where there was no line before.
bool QuotedPrintableLines::must_escape_first(char octet) const {
    return column_ == 0 && (octet == '-' || (after_soft_break_ && (octet == '.' || octet == 'F')));
}

void QuotedPrintableLines::make_room(std::size_t octets, std::string& out) {
    if (column_ + octets > kLongestText) {
        soft_break(out);
    }
}

void QuotedPrintableLines::put(char octet, std::string& out) {
    make_room(1, out);
    if (must_escape_first(octet)) {
        put_escaped(octet, out);
        return;
    }
    out += octet;
    ++column_;
}

void QuotedPrintableLines::put_run(std::string_view octets, std::string& out) {
    while (!octets.empty()) {
        put(octets.front(), out);
        octets.remove_prefix(1);
        const std::string_view rest = octets.substr(0, kLongestText - column_);
        out += rest;
        column_ += rest.size();
        octets.remove_prefix(rest.size());
    }
}

void QuotedPrintableLines::put_escaped(char octet, std::string& out) {
    make_room(3, out);
    const auto value = static_cast<std::uint8_t>(octet);
    out += '=';
    out += kHexDigits[value >> 4U];
    out += kHexDigits[value & 15U];
    column_ += 3;
}

void QuotedPrintableLines::put_together(std::string_view octets, std::string& out) {
    make_room(octets.size(), out);
    out += octets;
    column_ += octets.size();
}

void QuotedPrintableLines::hard_break(std::string& out) {
    out += "\r\n";
    column_ = 0;
    after_soft_break_ = false;
}

void QuotedPrintableLines::soft_break(std::string& out) {
    out += "=\r\n";
    column_ = 0;
    after_soft_break_ = true;
}

void QuotedPrintableEncoder::text(std::string_view octets, std::string& out) {
    if (!octets.empty() && space_ != 0) {
        lines_.put(space_, out);
        space_ = 0;
    }
    while (!octets.empty()) {
        const auto end = std::find_if_not(octets.begin(), octets.end(), is_plain);
        const auto run = static_cast<std::size_t>(end - octets.begin());
        lines_.put_run(octets.substr(0, run), out);
        octets.remove_prefix(run);
        if (octets.empty()) {
            return;
        }
        const char octet = octets.front();
        octets.remove_prefix(1);
        if (!dkim::is_wsp(octet)) {
            lines_.put_escaped(octet, out);
        } else if (octets.empty()) {
            space_ = octet;
        } else {
            lines_.put(octet, out);
        }
    }
}

void QuotedPrintableEncoder::line_end(std::string& out) {
    finish(out);
    lines_.hard_break(out);
}

void QuotedPrintableEncoder::finish(std::string& out) {
    // RFC 2045 6.7 (3): white space must not stand for itself at the end of an encoded line.
    if (space_ != 0) {
        lines_.put_escaped(space_, out);
        space_ = 0;
    }
}

void QuotedPrintableMender::text(std::string_view octets, std::string& out) {
    for (const char octet : octets) {
        take(octet, out);
    }
}

/// Writes what was held back, since more of the line follows.
void QuotedPrintableMender::flush(std::string& out) {
    lines_.put_together(escape_, out);
    escape_.clear();
    for (const char space : spaces_) {
        lines_.put(space, out);
    }
    spaces_.clear();
}

void QuotedPrintableMender::take(char octet, std::string& out) {
    if (dkim::is_wsp(octet)) {
        if (escape_.size() == 2 || spaces_.size() == kMostSpaces) {
            flush(out);
        }
        spaces_ += octet;
        return;
    }
    if (!spaces_.empty()) {
        flush(out);
    }
    if (!escape_.empty() && is_hex_digit(octet)) {
        escape_ += octet;
        if (escape_.size() == 3) {
            flush(out);
        }
        return;
    }
    flush(out);
    if (octet == '=') {
        escape_ = octet;
    } else if (is_plain(octet)) {
        lines_.put(octet, out);
    } else {
        // RFC 2045 6.7 note 4: octets that must not be there are what they are.
        lines_.put_escaped(octet, out);
    }
}

void QuotedPrintableMender::line_end(std::string& out) {
    // RFC 2045 6.7 (3): white space at the end of a line was added by what transported it; behind
    // (5) a "=" that makes a soft break, too.
    spaces_.clear();
    if (escape_ == "=") {
        escape_.clear();
        lines_.soft_break(out);
        return;
    }
    flush(out);
    lines_.hard_break(out);
}

void QuotedPrintableMender::finish(std::string& out) {
    spaces_.clear();
    if (escape_ == "=") {
        out += escape_;  // there is room for it in any line
        escape_.clear();
    }
    flush(out);
}

}  // namespace relay::mime
