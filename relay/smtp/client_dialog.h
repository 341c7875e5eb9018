// ClientDialog: the client's side of an SMTP conversation, step by step, without I/O.
//
// The exchange does what a Step says (write, read one reply, send the message) and reports what came; the dialog decides and
// keeps, for each recipient, what the server said. QUIT is written only by quit(), never before the reply to the dot.
//
// Standards: RFC 5321 (3.3, 4.2, 4.5.3.1.10), RFC 2920 (PIPELINING), RFC 1870 (SIZE), RFC 6152 (8BITMIME), RFC 2034.
// Threads:   one owner.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "queue/envelope.h"
#include "queue/outcome.h"
#include "relay/smtp/reply.h"

namespace relay::smtp {

/// What is to be sent: recipients of one message.
struct Delivery {
    queue::Address sender;
    std::vector<queue::Address> recipients;
    std::uint64_t size = 0;
    queue::BodyKind body = queue::BodyKind::SevenBit;
};

/// Which RFC 5321 4.5.3.2 limit holds for the reply that is awaited.
enum class Wait { Greeting, Ehlo, Mail, Rcpt, Data, Dot, Rset, Quit };

/// How a connection or a step of it failed, as the network saw it.
enum class Loss { Closed, TimedOut, Garbage, TooLong };

class ClientDialog {
public:
    enum class Do {
        Write,        // write `octets`, then ask next()
        ReadReply,    // read one reply within `wait`; then replied() or lost()
        SendMessage,  // write the dot-stuffed message and the end of data; then message_sent()
        SendNothing,  // every recipient was refused and the server said 354 all the same: end of data alone
        Ready,        // greeted, or a transaction is over: begin() or quit()
        Close         // nothing more can be done on this connection
    };
    struct Step {
        Do action = Do::ReadReply;
        std::string octets;
        Wait wait = Wait::Greeting;
    };

    /// `helo` is our own checked name.
    explicit ClientDialog(std::string helo);

    /// What to do now. Write and SendMessage are returned once each.
    Step next();
    void replied(const ServerReply& reply);
    void lost(Loss loss);
    void message_sent();

    /// A new transaction; only when next() says Ready. A message that the server cannot take (SIZE 5.3.4, 8BITMIME 5.6.3) gets its
    /// outcomes at once and next() stays Ready.
    void begin(const Delivery& delivery);
    /// Only when Ready.
    void quit();

    /// One for each recipient of the last begin(), in order; complete once next() is Ready or Close. Undecided recipients of
    /// a lost connection are Deferred. `host` and `ip` are left empty.
    [[nodiscard]] const std::vector<queue::Outcome>& outcomes() const { return outcomes_; }
    /// The server greeted us and answered EHLO or HELO: the host works.
    [[nodiscard]] bool greeted() const { return greeted_; }
    /// Why the host could not be used, while not greeted() and next() is Close. Deferred: the next host may be tried.
    [[nodiscard]] const queue::Outcome& host_failure() const { return host_failure_; }
    /// The connection was lost, or lost its sync, in a way that leaves nothing to say but closing.
    [[nodiscard]] bool closed() const;
    /// No octet of the current transaction's message had been sent when the connection ended: another host may be tried at once
    /// for the recipients that are Deferred.
    [[nodiscard]] bool nothing_sent() const { return !message_sent_; }
    [[nodiscard]] bool eight_bit() const { return eight_bit_; }

private:
    enum class Phase;
    Phase phase_;
    std::string helo_;
    bool pipelining_ = false, eight_bit_ = false, has_size_ = false;
    std::optional<std::uint64_t> max_size_;
    bool greeted_ = false, message_sent_ = false;
    Delivery delivery_;
    std::vector<queue::Outcome> outcomes_;
    queue::Outcome host_failure_;
    // (the author of client_dialog.cc adds what the state machine needs)
};

}  // namespace relay::smtp
