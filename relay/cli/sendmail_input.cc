#include "relay/cli/sendmail_input.h"

namespace relay::cli {

SendmailInput::State SendmailInput::consume(std::string_view octets) {
    for (const char c : octets) {
        if (state_ != State::More) {
            break;
        }
        if (c == '\0') {
            state_ = State::HasNul;
        } else if (c == '\r' || (c == '\n' && !after_return_)) {
            end_line();
        } else if (c != '\n') {
            text_ += c;
        }
        after_return_ = c == '\r';
        if (state_ == State::More && text_.size() > limit_) {
            state_ = State::TooLarge;
        }
    }
    return state_;
}

SendmailInput::State SendmailInput::finish() {
    if (state_ == State::More && text_.size() > line_begin_) {
        end_line();
    }
    if (state_ == State::More) {
        state_ = text_.size() > limit_ ? State::TooLarge : State::Ended;
    }
    return state_;
}

void SendmailInput::end_line() {
    if (lone_dot_ == LoneDot::Ends && std::string_view(text_).substr(line_begin_) == ".") {
        text_.pop_back();
        state_ = State::Ended;
        return;
    }
    text_ += "\r\n";
    line_begin_ = text_.size();
}

}  // namespace relay::cli
