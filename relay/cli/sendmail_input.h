// SendmailInput: what a program writes to sendmail, as lines that SMTP carries.
//
// LF, CRLF and a bare CR each end a line, mixed as they may be; each becomes CRLF, and the last
// line gets its end.
//
// Standards: RFC 5321 2.3.8 (lines).
// Threads:   one owner; no I/O.
// Errors:    a NUL octet, or more than the limit, is a State that stays.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

namespace relay::cli {

class SendmailInput {
public:
    /// Whether a line of one dot is the end of the message, or a line of it (-i).
    enum class LoneDot : std::uint8_t { Ends, IsText };
    enum class State : std::uint8_t { More, Ended, HasNul, TooLarge };

    /// `limit` in octets of the message with its CRLFs; memory is bounded by it.
    SendmailInput(LoneDot lone_dot, std::uint64_t limit) : lone_dot_(lone_dot), limit_(limit) {}

    /// Whatever follows the end of the message is ignored.
    State consume(std::string_view octets);
    /// There is no more input.
    State finish();
    /// The message; once, after finish() or Ended.
    [[nodiscard]] std::string take() { return std::move(text_); }

private:
    void end_line();

    LoneDot lone_dot_;
    std::uint64_t limit_;
    State state_ = State::More;
    std::string text_;
    std::size_t line_begin_ = 0;
    bool after_return_ = false;
};

}  // namespace relay::cli
