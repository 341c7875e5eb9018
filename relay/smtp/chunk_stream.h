// ChunkStream: takes the octets of a message that comes in chunks (BDAT), where lines end as in
// DATA but no dot ends the message.
//
// Standards: RFC 3030 3 (without BINARYMIME: lines of text), RFC 5321 2.3.8 (line ends).
// Threads:   one owner.     Cost: as DotStream has it.
// Errors:    a Fault, kept; the message must be refused then.
#pragma once

#include <string>
#include <string_view>

#include "relay/smtp/line_ends.h"

namespace relay::smtp {

class ChunkStream {
public:
    using Fault = LineEnds::Fault;

    explicit ChunkStream(conf::BareNewline choice = conf::BareNewline::Reject) : ends_(choice) {}

    /// Appends what is kept of the next octets to `out`, wherever a chunk or a read ends. A CR at
    /// the end of them is written once it is known what follows.
    void consume(std::string_view octets, std::string& out);
    /// No more octets: appends the end of the last line where it has none.
    void end(std::string& out);
    [[nodiscard]] Fault fault() const { return ends_.fault(); }

private:
    LineEnds ends_;
    bool at_line_start_ = true;  // nothing is written, or its last octets are CRLF
    bool cr_ = false;            // one is not yet written
};

}  // namespace relay::smtp
