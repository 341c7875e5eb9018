#include "relay/smtp/transcript.h"

#include <algorithm>

namespace relay::smtp {

namespace {

constexpr std::size_t kHalf = Transcript::kMost / 2;
constexpr std::size_t kLongest = 1000;  // of one line
constexpr std::string_view kAuth = "AUTH ";

bool begins_with_auth(std::string_view line) {
    return line.size() >= kAuth.size() &&
           std::equal(kAuth.begin(), kAuth.end(), line.begin(), [](char word, char octet) {
               return octet == word || octet == word + ('a' - 'A');
           });
}

}  // namespace

void Transcript::clear() {
    begin_.clear();
    end_.clear();
    left_out_ = 0;
    secret_ = false;
}

void Transcript::line(std::string_view who, std::string_view text) {
    std::string& half = end_.empty() && begin_.size() + kLongest < kHalf ? begin_ : end_;
    half += who;
    half += text.substr(0, kLongest);
    half += '\n';
    if (end_.size() > kHalf) {
        const auto cut = end_.find('\n', end_.size() - kHalf / 2) + 1;
        left_out_ += cut;
        end_.erase(0, cut);
    }
}

void Transcript::note(std::string_view text) {
    line("-- ", text);
}

void Transcript::said(std::string_view lines) {
    while (!lines.empty()) {
        const auto end = std::min(lines.find("\r\n"), lines.size());
        const std::string_view one = lines.substr(0, end);
        if (secret_) {
            line("C: ", "(not shown)");
            secret_ = false;
        } else if (begins_with_auth(one)) {
            const auto mechanism = one.substr(0, one.find(' ', kAuth.size()));
            line("C: ", std::string(mechanism) + " (not shown)");
        } else {
            line("C: ", one);
        }
        lines.remove_prefix(std::min(end + 2, lines.size()));
    }
}

void Transcript::said_octets(std::uint64_t octets) {
    line("C: ", "(" + std::to_string(octets) + " octets)");
}

void Transcript::heard(const ServerReply& reply) {
    const std::string code = std::to_string(reply.code);
    if (reply.lines.empty()) {
        line("S: ", code);
    }
    for (std::size_t i = 0; i < reply.lines.size(); ++i) {
        line("S: ", code + (i + 1 < reply.lines.size() ? "-" : " ") + reply.lines[i]);
    }
    secret_ = reply.code == 334;
}

std::string Transcript::text() const {
    if (left_out_ == 0) {
        return begin_ + end_;
    }
    return begin_ + "-- (" + std::to_string(left_out_) + " octets left out)\n" + end_;
}

}  // namespace relay::smtp
