// Intake: turns a received message into a signed one in the store: author check, what its lines
// need to be sendable, trace header, signatures, commit.
//
// The order is the promise: the final octets first, then the signature over them, then the store,
// then the 250 with the queue id. Nothing is accepted that cannot be signed.
//
// Standards: RFC 6409 (submission), RFC 5321 4.4, RFC 6376 5, RFC 5322 3.6.2 (From).
// Executor: any loop.
// Errors: a Reply to the final dot; see reliability of each in the .cc.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "relay/arrival.h"
#include "relay/current.h"
#include "relay/metrics.h"
#include "relay/signing.h"
#include "relay/smtp/reply.h"
#include "relay/smtp/server_dialog.h"
#include "relay/spool.h"

namespace relay {

/// Who brings a message.
struct Origin {
    std::string client;  // address
    std::string helo;
    bool extended = false;
    std::string tls;                         // "TLSv1.3"; empty in the clear
    std::string user;                        // who logged in; empty for nobody
    const conf::Senders* senders = nullptr;  // who it may write as; null: every [[domain]]
};

class Intake {
public:
    /// `workers`: for what takes longer than a loop may.
    Intake(Current& current,
           Spool& spool,
           Committer& committer,
           net::WorkerPool& workers,
           Metrics& metrics);

    /// Of the messages that are being received.
    [[nodiscard]] MemoryBudget& memory() { return memory_; }
    /// `memory`: Arrival::kReserved octets of it; an empty one stands for no limit.
    [[nodiscard]] std::unique_ptr<Arrival> begin(MemoryBudget::Reservation memory = {});
    void reconfigure(const conf::Config& config);
    /// The message was read to its end without a fault. 250 2.0.0 after it is durable; else why
    /// not.
    net::Task<smtp::Reply> finish(std::unique_ptr<Arrival> arrival,
                                  smtp::Transaction transaction,
                                  Origin origin);

    /// Why a message is refused before its end is known, or nothing.
    [[nodiscard]] static std::optional<smtp::Reply> objection(const Arrival& arrival);

    /// 550 5.7.1 for a MAIL FROM that is not ours, or that a client limited to `senders` may not
    /// use; or nothing. The null sender is everybody's.
    [[nodiscard]] std::optional<smtp::Reply> judge_sender(const queue::Address& sender,
                                                          const conf::Senders* senders) const;
    /// 452 4.3.1, 451 4.3.0, or nothing.
    [[nodiscard]] std::optional<smtp::Reply> judge_room(std::uint64_t size);

    /// Signs a report of our own (null sender; `text` is header, empty line and body with CRLF) and
    /// stores it together with what it settles. Errors: no key, store.
    net::Task<conf::Result<void>> accept_notice(std::string text, queue::Address to, Notice notice);

    /// Whether the signatures of a message from the queue still serve; and others for it.
    [[nodiscard]] bool may_leave(const queue::EnvelopeHead& envelope) const;
    conf::Result<Signatures> sign_again(const queue::EnvelopeHead& envelope,
                                        const queue::Content& content);

    /// For readiness: a real signature of every key, verified with its public half, and a real
    /// store write. What does not work, or nothing.
    net::Task<std::optional<std::string>> probe();

private:
    net::Task<std::optional<smtp::Reply>> make_sendable(std::unique_ptr<Arrival>& arrival,
                                                        const Setup& setup);
    smtp::Reply refuse(smtp::Reply reply);
    void note_accepted(const queue::Envelope& envelope,
                       const Origin& origin,
                       std::optional<queue::MessageId> about = {});

    Current& current_;
    MemoryBudget memory_;
    Spool& spool_;
    Committer& committer_;
    net::WorkerPool& workers_;
    Metrics& metrics_;
};

}  // namespace relay
