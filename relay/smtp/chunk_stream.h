// ChunkStream: looks at the octets of a message that comes in chunks (BDAT), where lines end as in
// DATA but no dot ends the message.
//
// Standards: RFC 3030 3 (without BINARYMIME: lines of text), RFC 5321 2.3.8 (line ends).
// Threads:   one owner.     Errors: a Fault, kept; the message must be refused then.
#pragma once

#include <string_view>

#include "relay/smtp/dot_stream.h"

namespace relay::smtp {

class ChunkStream {
public:
    using Fault = DotStream::Fault;

    /// The next octets, wherever a chunk or a read ends.
    void look(std::string_view octets);
    /// No more octets: a CR at the very end was a bare one.
    void end();
    [[nodiscard]] Fault fault() const { return fault_; }
    /// The last octets were CRLF, or there were none.
    [[nodiscard]] bool at_line_start() const { return last_ == Last::LineEnd; }

private:
    enum class Last { LineEnd, Text, Cr };

    void note(Fault fault) {
        if (fault_ == Fault::None) {
            fault_ = fault;
        }
    }

    Last last_ = Last::LineEnd;
    Fault fault_ = Fault::None;
};

}  // namespace relay::smtp
