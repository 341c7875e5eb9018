#include "relay/smtp/dot_stream.h"

#include <algorithm>

namespace relay::smtp {

// What a normalized line end begins is not unstuffed: RFC 5321 4.5.2 stuffs lines that CRLF begins,
// and for a client that keeps to it the octets behind a bare newline were the middle of a line. One
// that stuffs behind its bare newlines as well sees a dot too many; the other choice would take a
// dot away from somebody's text. Neither lets a message end where it should not.
std::size_t DotStream::consume(std::string_view input, std::string& out) {
    std::size_t at = 0;    // the next octet to look at
    std::size_t from = 0;  // octets of `input` from here to `at` are text that is not yet copied
    const auto copy = [&] { out.append(input, from, at - from); };
    while (at < input.size() && state_ != State::Done) {
        switch (state_) {
            case State::LineStart:
                if (input[at] == '.') {
                    // RFC 5321 4.5.2: if the first character of a line is a period and there are
                    // other characters on the line, the first character is deleted.
                    copy();
                    from = ++at;
                    state_ = State::Dot;
                } else {
                    state_ = State::Text;
                }
                break;
            case State::Text: {
                const std::size_t end = std::min(input.find('\r', at), input.size());
                const std::string_view run = input.substr(at, end - at);
                if (ends_.look(run)) {
                    copy();
                    LineEnds::append_normalized(run, out);
                    from = end;
                }
                at = end;
                if (input.substr(at, 2) == "\r\n") {
                    at += 2;  // copied together with the lines that follow
                    state_ = State::LineStart;
                } else if (at < input.size()) {
                    copy();
                    from = ++at;
                    state_ = State::Cr;
                }
                break;
            }
            case State::Cr:
                if (input[at] == '\n') {
                    out += '\r';
                    ++at;  // copied with what follows
                    state_ = State::LineStart;
                } else {
                    ends_.append_bare_cr(out);
                    // Another CR may be the beginning of a true line end.
                    state_ = State::Text;
                }
                break;
            case State::Dot:
                if (input[at] == '\r') {
                    from = ++at;
                    state_ = State::DotCr;
                } else {
                    if (input[at] == '\n' && ends_.normalizes()) {
                        out += '.';  // the line ends here: there are no other characters on it
                    }
                    state_ = State::Text;
                }
                break;
            case State::DotCr:
                if (input[at] == '\n') {
                    // RFC 5321 4.5.2: if the line is composed of a single period, it is the end.
                    from = ++at;
                    state_ = State::Done;
                } else {
                    out += ends_.normalizes() ? "." : "";
                    ends_.append_bare_cr(out);
                    state_ = State::Text;
                }
                break;
            case State::Done:
                break;
        }
    }
    copy();
    return at;
}

void dot_stuff(std::string_view octets, bool& at_line_start, std::string& out) {
    if (octets.empty()) {
        return;
    }
    // RFC 5321 4.5.2: if the first character of a line is a period, one additional period is
    // inserted.
    if (at_line_start && octets.front() == '.') {
        out += '.';
    }
    std::size_t from = 0;
    for (std::size_t hit = octets.find("\n."); hit != std::string_view::npos;
         hit = octets.find("\n.", from)) {
        out.append(octets, from, hit + 1 - from);
        out += '.';
        from = hit + 1;
    }
    out.append(octets, from);
    at_line_start = octets.back() == '\n';
}

std::string_view end_of_data(bool at_line_start) {
    return at_line_start ? ".\r\n" : "\r\n.\r\n";
}

}  // namespace relay::smtp
