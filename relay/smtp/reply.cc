#include "relay/smtp/reply.h"

#include <cassert>
#include <utility>

#include "relay/smtp/ascii.h"

namespace relay::smtp {
namespace {

// RFC 5321 4.5.3.1.5: the maximum total length of a reply line including the reply code and the
// <CRLF> is 512 octets.
constexpr std::size_t kMaxOurLine = 512;
constexpr std::size_t kMaxText = 1000;

// NB: four times what RFC 5321 4.5.3.1.5 allows: real servers write long lines, endless ones end
// here.
constexpr std::size_t kMaxLine = 2048;
constexpr std::size_t kMaxLines = 100;
constexpr std::size_t kMaxReply = 65536;

/// A remote's text goes into logs, notices and pages: none of its octets may act there.
std::string escape(std::string_view text) {
    static constexpr std::string_view kHex = "0123456789abcdef";
    std::string escaped;
    escaped.reserve(text.size());
    for (const char octet : text) {
        const auto value = static_cast<unsigned char>(octet);
        if (is_printable(octet)) {
            escaped += octet;
        } else if (octet == '\t') {
            escaped += ' ';
        } else {
            escaped += "\\x";
            escaped += kHex[value >> 4U];
            escaped += kHex[value & 0x0fU];
        }
    }
    return escaped;
}

std::optional<queue::EnhancedStatus> enhanced_of(std::string_view text, int klass) {
    // RFC 2034 4: the enhanced code stands first in the text, with a space behind it.
    const auto status = queue::EnhancedStatus::parse(text.substr(0, text.find(' ')));
    // RFC 2034 4: its class must be that of the reply; the basic code decides.
    if (status && status->klass == klass) {
        return status;
    }
    return std::nullopt;
}

}  // namespace

std::string Reply::wire() const {
    std::string line = std::to_string(code);
    if (!enhanced.empty()) {
        line += ' ';
        line += enhanced;
    }
    line += ' ';
    line += text;
    if (line.size() > kMaxOurLine - 2) {
        line.resize(kMaxOurLine - 2);
    }
    for (char& octet : line) {
        if (!is_printable(octet)) {
            octet = '?';
        }
    }
    line += "\r\n";
    return line;
}

std::string ServerReply::text() const {
    std::string joined = std::to_string(code);
    bool first = true;
    for (const std::string& line : lines) {
        if (line.empty()) {
            continue;
        }
        joined += first ? " " : " / ";
        joined += line;
        first = false;
        if (joined.size() >= kMaxText) {
            joined.resize(kMaxText);
            break;
        }
    }
    return joined;
}

ReplyParser::State ReplyParser::consume(std::string& input) {
    std::size_t taken = 0;
    while (state_ == State::NeedMore && taken < input.size()) {
        const std::size_t newline = input.find('\n', taken);
        const bool whole = newline != std::string::npos;
        const std::size_t end = whole ? newline + 1 : input.size();
        // An unfinished line will have one octet more at least, so the verdict is the same in
        // whatever pieces the reply arrives.
        const std::size_t length = line_.size() + (end - taken) + (whole ? 0 : 1);
        if (length > kMaxLine || octets_ + length > kMaxReply) {
            state_ = State::TooLong;
            break;
        }
        line_.append(input, taken, end - taken);
        taken = end;
        if (whole) {
            state_ = end_line();
        }
    }
    input.erase(0, taken);
    return state_;
}

ReplyParser::State ReplyParser::end_line() {
    octets_ += line_.size();
    // RFC 5321 4.2: lines end with CRLF. NB: a bare LF is tolerated; nothing can be smuggled in a
    // reply, and some servers write it.
    line_.pop_back();
    if (line_.ends_with('\r')) {
        line_.pop_back();
    }
    if (reply_.lines.size() == kMaxLines) {
        return State::TooLong;
    }
    // RFC 5321 4.2: Reply-code = %x32-35 %x30-35 %x30-39. NB: any second digit passes: it only
    // groups replies, and 57x and 58x are seen.
    const bool coded = line_.size() >= 3 && line_[0] >= '2' && line_[0] <= '5' &&
                       is_digit(line_[1]) && is_digit(line_[2]);
    if (!coded || (line_.size() > 3 && line_[3] != ' ' && line_[3] != '-')) {
        return State::Garbage;
    }
    // RFC 5321 4.2.1: the reply code on each of the lines MUST be the same. NB: where they differ
    // the last line's holds.
    reply_.code = (line_[0] - '0') * 100 + (line_[1] - '0') * 10 + (line_[2] - '0');
    const bool more = line_.size() > 3 && line_[3] == '-';
    reply_.lines.push_back(line_.size() > 4 ? escape(std::string_view(line_).substr(4)) : "");
    line_.clear();
    if (more) {
        return State::NeedMore;
    }
    for (auto line = reply_.lines.rbegin(); line != reply_.lines.rend() && !reply_.enhanced;
         ++line) {
        reply_.enhanced = enhanced_of(*line, reply_.klass());
    }
    return State::Complete;
}

ServerReply ReplyParser::take() {
    assert(state_ == State::Complete);
    state_ = State::NeedMore;
    octets_ = 0;
    return std::exchange(reply_, ServerReply{});
}

bool ReplyParser::idle() const {
    return state_ == State::NeedMore && line_.empty() && reply_.lines.empty();
}

}  // namespace relay::smtp
