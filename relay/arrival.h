// Arrival: one message while it is being received: its header apart from its body, the body
// hashed as it comes and, when long, written to the store in rows while it arrives.
//
// Memory: header up to kMaxHeader and one row of the body, which kReserved covers; while the budget
//   gives more, a body up to queue::kInlineBody stays in one piece. Octets beyond `max_size` are
//   counted and dropped.
// Executor: the session's loop. An arrival that is destroyed unaccepted drops its rows.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "dkim/body_hash.h"
#include "relay/committer.h"
#include "relay/memory_budget.h"
#include "relay/mime/line_limit.h"
#include "relay/spool.h"

namespace relay {

class Arrival {
public:
    static constexpr std::size_t kMaxHeader = 256 * 1024;
    /// What a message takes while it is received: a header, a row that is gathered, one that is
    /// being written, and what was read from the client.
    static constexpr std::size_t kReserved = kMaxHeader + 2 * queue::kChunkSize + 64 * 1024;

    /// `memory`: kReserved octets; an empty one (our own reports) stands for no limit.
    Arrival(Spool& spool,
            Committer& committer,
            MemoryBudget::Reservation memory,
            conf::Canonicalization body,
            std::uint64_t max_size);
    ~Arrival();
    Arrival(const Arrival&) = delete;
    Arrival& operator=(const Arrival&) = delete;

    /// The next octets, dot-stuffing undone, every line ended by CRLF.
    void append(std::string_view octets);
    /// A whole row is waiting: call spill() before more is appended.
    [[nodiscard]] bool wants_spill();
    net::Task<conf::Result<void>> spill();
    /// No more octets.
    void end();

    enum class Fault { None, TooLarge, HeaderTooLarge };
    [[nodiscard]] Fault fault() const { return fault_; }
    [[nodiscard]] queue::MessageId id() const { return id_; }

    // What came, once end() was called.

    /// Without the empty line.
    [[nodiscard]] const std::string& header() const { return header_; }
    /// Rows of the body that are in the store under id(), from 0 on; tail() follows them.
    [[nodiscard]] int rows() const { return chunks_; }
    [[nodiscard]] std::string_view tail() const { return body_; }
    [[nodiscard]] bool has_eight_bit() const { return eight_bit_; }
    [[nodiscard]] bool has_long_line() const { return long_line_; }

private:
    friend class Intake;
    void take_body(std::string_view octets);

    Spool& spool_;
    Committer::Expectation expectation_;
    MemoryBudget::Reservation memory_;
    bool asked_for_more_ = false;
    bool stays_whole_ = false;  // there is memory for the body in one piece
    dkim::BodyHash hash_;
    std::uint64_t max_size_;
    queue::MessageId id_;
    std::string header_;  // grows until the empty line; without it afterwards
    std::size_t searched_ = 0;
    bool in_body_ = false;
    std::string body_;
    std::uint64_t size_ = 0;
    std::uint64_t body_size_ = 0;
    int chunks_ = 0;
    bool eight_bit_ = false;
    mime::LineLimit body_lines_;
    bool long_line_ = false;
    bool accepted_ = false;
    Fault fault_ = Fault::None;
};

}  // namespace relay
