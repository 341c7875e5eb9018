#include "relay/smtp/chunk_stream.h"

namespace relay::smtp {

void ChunkStream::look(std::string_view octets) {
    for (const char octet : octets) {
        if (octet == '\n') {
            if (last_ != Last::Cr) {
                note(Fault::BareLf);
            }
            last_ = Last::LineEnd;
            continue;
        }
        if (last_ == Last::Cr) {
            note(Fault::BareCr);
        }
        if (octet == '\0') {
            note(Fault::Nul);
        }
        last_ = octet == '\r' ? Last::Cr : Last::Text;
    }
}

void ChunkStream::end() {
    if (last_ == Last::Cr) {
        note(Fault::BareCr);
    }
}

}  // namespace relay::smtp
