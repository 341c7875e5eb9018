// Reply: what we tell a client; ServerReply: what a server told us, with the parser that bounds it.
//
// Standards: RFC 5321 4.2 (replies), RFC 2034 and RFC 3463 (enhanced status codes).
// Threads:   values.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "queue/outcome.h"

namespace relay::smtp {

/// Our reply. `text` is one line without CRLF; control octets in it are replaced by '?'.
struct Reply {
    int code = 0;                  // 200 to 599
    std::string enhanced;          // "2.1.0"; empty for 220, 250 to EHLO, 354
    std::string text;

    /// "550 5.7.1 text\r\n", at most 512 octets: longer text is cut.
    [[nodiscard]] std::string wire() const;
    [[nodiscard]] bool positive() const { return code < 400; }
};

/// A whole reply of a server, all its lines.
struct ServerReply {
    int code = 0;                                  // of the last line
    std::optional<queue::EnhancedStatus> enhanced;  // of the last line that has one; class as the code's, else ignored
    std::vector<std::string> lines;                // texts behind the code and its separator, controls escaped

    [[nodiscard]] int klass() const { return code / 100; }
    /// "550 5.1.1 no such user": one line, lines joined by " / ", at most 1,000 octets.
    [[nodiscard]] std::string text() const;
};

/// Collects octets from a server into replies. Bounds: 2 KiB a line, 100 lines, 64 KiB a reply.
class ReplyParser {
public:
    enum class State { NeedMore, Complete, Garbage, TooLong };

    /// Takes from `input` until a reply is complete and removes what it took. A bare LF ends a line too.
    State consume(std::string& input);
    /// The complete reply; the parser starts anew.
    ServerReply take();

private:
    ServerReply reply_;
    std::size_t octets_ = 0;
};

}  // namespace relay::smtp
