// LineEnds: what becomes of CR, LF and NUL that stand where a message may have none.
//
// A bare CR or LF is a fault, or becomes CRLF; NUL is always a fault. What this says of a message
// holds for whatever finds its end: only CRLF ever takes part in that.
//
// Standards: RFC 5321 2.3.8 and 4.1.1.4 (CRLF is the only line end; CR and LF never stand alone).
// Threads:   one owner.     Cost: each octet is looked at a fixed number of times.
// Errors:    a Fault, kept: the first one; the message must be refused then.
#pragma once

#include <string>
#include <string_view>

#include "conf/config.h"

namespace relay::smtp {

class LineEnds {
public:
    enum class Fault { None, BareCr, BareLf, Nul };

    explicit LineEnds(conf::BareNewline choice) : choice_(choice) {}

    [[nodiscard]] bool normalizes() const { return choice_ == conf::BareNewline::Normalize; }

    /// Octets without a CR, so that each LF in them is a bare one. True where they must not be kept
    /// as they are, but as append_normalized() writes them.
    bool look(std::string_view run);
    static void append_normalized(std::string_view run, std::string& out);
    /// A CR is a bare one: appends what is kept of it.
    void append_bare_cr(std::string& out);

    /// The first fault met.
    [[nodiscard]] Fault fault() const { return fault_; }

private:
    void note(Fault fault) {
        if (fault_ == Fault::None) {
            fault_ = fault;
        }
    }

    conf::BareNewline choice_;
    Fault fault_ = Fault::None;
};

}  // namespace relay::smtp
