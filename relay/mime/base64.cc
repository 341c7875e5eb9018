#include "relay/mime/base64.h"

#include <algorithm>

#include "conf/base64.h"
#include "dkim/ascii.h"

namespace relay::mime {

namespace {

constexpr std::size_t kLine = 76;  // RFC 2045 6.8: no more than 76 characters each
constexpr std::size_t kOctetsOfLine = kLine / 4 * 3;

bool is_base64(char c) {
    return dkim::is_alpha(c) || dkim::is_digit(c) || c == '+' || c == '/' || c == '=';
}

}  // namespace

void Base64Encoder::line(std::string_view octets, std::string& out) {
    if (!is_first_) {
        out += "\r\n";
    }
    is_first_ = false;
    out += conf::encode_base64(octets);
}

void Base64Encoder::text(std::string_view octets, std::string& out) {
    if (!held_.empty()) {
        const std::string_view more = octets.substr(0, kOctetsOfLine - held_.size());
        held_ += more;
        octets.remove_prefix(more.size());
        if (held_.size() < kOctetsOfLine) {
            return;
        }
        line(held_, out);
        held_.clear();
    }
    while (octets.size() >= kOctetsOfLine) {
        line(octets.substr(0, kOctetsOfLine), out);
        octets.remove_prefix(kOctetsOfLine);
    }
    held_ += octets;
}

void Base64Encoder::finish(std::string& out) {
    if (!held_.empty()) {
        line(held_, out);
        held_.clear();
    }
}

// RFC 2045 6.8: all line breaks or other characters not found in Table 1 must be ignored by
// decoding software.
void Base64Mender::text(std::string_view octets, std::string& out) {
    while (!octets.empty()) {
        if (!is_base64(octets.front())) {
            octets.remove_prefix(1);
            continue;
        }
        if (column_ == kLine) {
            out += "\r\n";
            column_ = 0;
        }
        const std::string_view most = octets.substr(0, kLine - column_);
        const auto run = static_cast<std::size_t>(
            std::find_if_not(most.begin(), most.end(), is_base64) - most.begin());
        out += most.substr(0, run);
        column_ += run;
        octets.remove_prefix(run);
    }
}

}  // namespace relay::mime
