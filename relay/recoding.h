// Recoding: a message that was received, made one that every server takes: its long lines and, on
// wish, its 8-bit text encoded part by part, in a second pass over what is in memory and store.
//
// The work of both passes is done on the workers, piece by piece; the result arrives like a message
// of its own, under an id of its own, so that it is hashed, spilt and bounded as any other.
//
// Standards: RFC 2045 6, RFC 6152 3 (conversion), RFC 5322 2.1.1.
// Executor:  the session's loop.
// Errors:    550 5.6.0 where something cannot be encoded, 452 4.3.1 or 451 4.3.0 of the store.
#pragma once

#include <optional>

#include "relay/arrival.h"
#include "relay/mime/recoder.h"
#include "relay/mime/survey.h"
#include "relay/smtp/reply.h"

namespace relay {

class Recoding {
public:
    /// What it takes beside what the message has reserved: another header, a row that is read, and
    /// what becomes of one piece of it.
    static constexpr std::size_t kMemory =
        Arrival::kMaxHeader + queue::kChunkSize + std::size_t{256} * 1024;

    /// `from` was read to its end and outlives this.
    Recoding(Spool& spool, net::WorkerPool& workers, const Arrival& from)
        : spool_(spool), workers_(workers), from_(from) {}

    /// First: looks for what must be encoded. Why it cannot be, or nothing.
    net::Task<std::optional<smtp::Reply>> survey(mime::Wishes wishes);
    /// Then: whether anything must be.
    [[nodiscard]] bool is_needed() const { return plan_ && plan_->changes(); }
    /// Writes the encoded message to `into`, to its end. Once.
    net::Task<std::optional<smtp::Reply>> write(Arrival& into);

private:
    template <class Take>
    net::Task<std::optional<smtp::Reply>> each_piece(Take take);

    Spool& spool_;
    net::WorkerPool& workers_;
    const Arrival& from_;
    std::optional<mime::Plan> plan_;
};

}  // namespace relay
