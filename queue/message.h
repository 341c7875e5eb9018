// Message: an envelope with the octets to be sent. What is sent is signatures + header + CRLF +
// body.
//
// Threads: immutable once stored; shared between the committer and the couriers as
//   std::shared_ptr<const Content>.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "queue/envelope.h"

namespace queue {

struct Content {
    std::string signatures;  // our DKIM-Signature fields, each with its CRLF
    std::string header;      // every other field, without the empty line
    std::string body;        // whole, when `chunks` is 0
    int chunks = 0;          // number of stored rows that hold the body instead
    std::uint64_t body_size = 0;
    std::string body_hash;  // canonicalization and digest of the body, opaque here; re-signing and
                            // integrity need it
};

struct Message {
    Envelope envelope;
    std::shared_ptr<const Content> content;
};

/// A body longer than this arrives as rows of at most kChunkSize octets, written while it arrives.
inline constexpr std::size_t kInlineBody = std::size_t{1024} * 1024;
inline constexpr std::size_t kChunkSize = std::size_t{256} * 1024;

}  // namespace queue
