// DotStream: takes the octets behind DATA apart: undoes dot-stuffing, finds the only true end, CR
// LF . CR LF.
//
// A bare CR, a bare LF or a NUL never takes part in that end, so that nothing behind a false end is
// ever taken for a command (SMTP smuggling, CVE-2023-51764). Where bare newlines are refused they
// are remembered and the stream goes on to the true end; where they are normalized each becomes
// CRLF. A dot that a bare newline stands beside, on either side, is text: the line "." of the
// content, which is stuffed again on the way out.
//
// Standards: RFC 5321 4.5.2 (transparency), 2.3.8 and 4.1.1.4 (line ends).
// Threads:   one owner.     Cost: runs are copied whole, and each octet is looked at a fixed number
// of times. Errors:    Fault, kept until the end.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "relay/smtp/line_ends.h"

namespace relay::smtp {

class DotStream {
public:
    using Fault = LineEnds::Fault;

    explicit DotStream(conf::BareNewline choice = conf::BareNewline::Reject) : ends_(choice) {}

    /// Appends the unstuffed octets of `input` to `out` and returns how many octets of `input`
    /// belong to the message: fewer than all only once done() is true; what is left are the next
    /// commands. A CR or a dot at the end of a piece is written once it is known what follows.
    std::size_t consume(std::string_view input, std::string& out);
    [[nodiscard]] bool done() const { return state_ == State::Done; }
    /// The first fault met; the message must be refused then.
    [[nodiscard]] Fault fault() const { return ends_.fault(); }

private:
    /// LineStart is behind a true CRLF alone; behind a normalized line end the stream is in Text.
    enum class State { LineStart, Text, Cr, Dot, DotCr, Done };

    LineEnds ends_;
    State state_ = State::LineStart;
};

/// The other way: appends `octets` to `out` with every line that begins with a dot stuffed.
/// `octets` have no line ends but CRLF, which may lie across two pieces. `at_line_start` carries
/// over from piece to piece and begins as true. The caller ends with end_of_data().
void dot_stuff(std::string_view octets, bool& at_line_start, std::string& out);
/// ".\r\n", preceded by CRLF unless the last piece ended a line.
std::string_view end_of_data(bool at_line_start);

}  // namespace relay::smtp
