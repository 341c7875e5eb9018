// EnvelopeCodec: an Envelope as octets for the store's row, and back.
//
// A version octet, the fields, and a CRC-32 over the id and all octets before it, so that a
// changed octet or a row under a wrong key is noticed. Numbers are LEB128 (7 bits an octet, low
// ones first), texts have their length before them. The id is the row's key and not repeated. A
// new field means a new version; decode() reads every version there ever was.
//
// Threads: no state.
// Errors: decode() gives Damaged with the place, for any octets whatever.
#pragma once

#include <string>
#include <string_view>

#include "conf/result.h"
#include "queue/envelope.h"

namespace queue {

struct EnvelopeCodec {
    /// Replaces `octets`, whose memory is used again.
    static void encode(const Envelope& envelope, std::string& octets);
    static conf::Result<Envelope> decode(MessageId id, std::string_view octets);

    /// The CRC-32 that ends a row, as its four octets; for tests that build rows by hand.
    static std::string seal(MessageId id, std::string_view octets);

private:
    class Writer;
    class Reader;
};

}  // namespace queue
