#include "relay/smtp/chunk_stream.h"

#include <algorithm>

namespace relay::smtp {

void ChunkStream::consume(std::string_view octets, std::string& out) {
    if (octets.empty()) {
        return;
    }
    const std::size_t before = out.size();
    std::size_t at = 0;    // the next octet to look at
    std::size_t from = 0;  // octets from here to `at` are text that is not yet copied
    const auto copy = [&] { out.append(octets, from, at - from); };
    if (cr_) {
        cr_ = false;
        if (octets.front() == '\n') {
            out += '\r';
            ++at;  // copied with what follows
        } else {
            ends_.append_bare_cr(out);
        }
    }
    while (at < octets.size()) {
        const std::size_t end = std::min(octets.find('\r', at), octets.size());
        const std::string_view run = octets.substr(at, end - at);
        if (ends_.look(run)) {
            copy();
            LineEnds::append_normalized(run, out);
            from = end;
        }
        at = end;
        if (octets.substr(at, 2) == "\r\n") {
            at += 2;
        } else if (at < octets.size()) {
            copy();
            from = ++at;
            if (at < octets.size()) {
                ends_.append_bare_cr(out);
            } else {
                cr_ = true;
            }
        }
    }
    copy();
    if (out.size() > before) {
        at_line_start_ = out.ends_with("\r\n");
    }
}

void ChunkStream::end(std::string& out) {
    if (cr_) {
        cr_ = false;
        ends_.append_bare_cr(out);
        at_line_start_ = ends_.normalizes();
    }
    if (!at_line_start_) {
        // NB: RFC 3030 lets a message end without CRLF; on the way out lines end a message, so the
        // end is settled before it is signed.
        out += "\r\n";
        at_line_start_ = true;
    }
}

}  // namespace relay::smtp
