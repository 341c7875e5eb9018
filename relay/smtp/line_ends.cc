#include "relay/smtp/line_ends.h"

namespace relay::smtp {

bool LineEnds::look(std::string_view run) {
    // Once there is a fault the message is lost and only its end matters.
    if (fault_ != Fault::None && !normalizes()) {
        return false;
    }
    const std::size_t line_feed = run.find('\n');
    const std::size_t nul = run.find('\0');
    if (nul != std::string_view::npos && (normalizes() || nul < line_feed)) {
        note(Fault::Nul);
    } else if (line_feed != std::string_view::npos && !normalizes()) {
        note(Fault::BareLf);
    }
    return line_feed != std::string_view::npos && normalizes();
}

void LineEnds::append_normalized(std::string_view run, std::string& out) {
    std::size_t from = 0;
    for (std::size_t at = run.find('\n'); at != std::string_view::npos; at = run.find('\n', from)) {
        out.append(run, from, at - from);
        out += "\r\n";
        from = at + 1;
    }
    out.append(run, from);
}

void LineEnds::append_bare_cr(std::string& out) {
    if (normalizes()) {
        out += "\r\n";
    } else {
        out += '\r';
        note(Fault::BareCr);
    }
}

}  // namespace relay::smtp
