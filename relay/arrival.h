// Arrival: one message while it is being received: its header apart from its body, the body
// hashed as it comes and, when long, written to the store in rows while it arrives.
//
// Memory: header up to kMaxHeader and body up to queue::kInlineBody, then one row at a time.
//   Octets beyond `max_size` are counted and dropped.
// Executor: the session's loop. An arrival that is destroyed unaccepted drops its rows.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "dkim/body_hash.h"
#include "relay/committer.h"
#include "relay/spool.h"

namespace relay {

class Arrival {
public:
    static constexpr std::size_t kMaxHeader = 256 * 1024;

    Arrival(Spool& spool,
            Committer& committer,
            conf::Canonicalization body,
            std::uint64_t max_size);
    ~Arrival();
    Arrival(const Arrival&) = delete;
    Arrival& operator=(const Arrival&) = delete;

    /// The next octets, dot-stuffing undone, every line ended by CRLF.
    void append(std::string_view octets);
    /// A whole row is waiting: call spill() before more is appended.
    [[nodiscard]] bool wants_spill() const;
    net::Task<conf::Result<void>> spill();
    /// No more octets.
    void end();

    enum class Fault { None, TooLarge, HeaderTooLarge };
    [[nodiscard]] Fault fault() const { return fault_; }
    [[nodiscard]] queue::MessageId id() const { return id_; }

private:
    friend class Intake;
    void take_body(std::string_view octets);

    Spool& spool_;
    Committer::Expectation expectation_;
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
    bool accepted_ = false;
    Fault fault_ = Fault::None;
};

}  // namespace relay
