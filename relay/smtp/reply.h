// Reply: what we tell a client; ServerReply: what a server told us, with the parser that bounds it.
//
// Standards: RFC 5321 4.2 (replies), 4.5.3.1.5 (512 octets), RFC 2034 and RFC 3463 (enhanced
// codes). Threads:   values. Errors:    a reply that cannot be understood, or is endless, is a
// State of the parser.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "queue/outcome.h"

namespace relay::smtp {

/// Our reply. `text` is one line without CRLF; what is not printable ASCII in it becomes '?'.
struct Reply {
    int code = 0;          // 200 to 599
    std::string enhanced;  // "2.1.0"; empty for 220, 250 to EHLO, 354
    std::string text;

    /// "550 5.7.1 text\r\n", at most 512 octets: longer text is cut.
    [[nodiscard]] std::string wire() const;
    [[nodiscard]] bool positive() const { return code < 400; }
};

/// A whole reply of a server, all its lines.
struct ServerReply {
    int code = 0;  // of the last line, 200 to 599
    /// Of the last line that has one; class as the code's, else ignored.
    std::optional<queue::EnhancedStatus> enhanced;
    /// Texts behind the code and its separator; what is not printable ASCII stands as "\x0d".
    std::vector<std::string> lines;

    [[nodiscard]] int klass() const { return code / 100; }
    /// "550 5.1.1 no such user": one line, lines joined by " / ", at most 1,000 octets.
    [[nodiscard]] std::string text() const;
};

/// Collects octets from a server into replies. Bounds: 2 KiB a line, 100 lines, 64 KiB a reply.
class ReplyParser {
public:
    enum class State { NeedMore, Complete, Garbage, TooLong };

    /// Takes from `input` until a reply is complete and removes what it took, an unfinished line
    /// included; what is left behind a complete reply belongs to the next. A bare LF ends a line
    /// too. After Complete it takes nothing until take(); Garbage and TooLong stay.
    State consume(std::string& input);
    /// The complete reply; the parser starts anew. Only after Complete.
    ServerReply take();
    /// Nothing of an unfinished reply has been taken: a server that is silent as it should be.
    [[nodiscard]] bool idle() const;

private:
    State end_line();

    State state_ = State::NeedMore;
    ServerReply reply_;
    std::string line_;        // the unfinished line
    std::size_t octets_ = 0;  // of the finished lines, with their ends
};

}  // namespace relay::smtp
