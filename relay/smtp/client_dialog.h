// ClientDialog: the client's side of an SMTP conversation, step by step, without I/O.
//
// The exchange does what a Step says (write, read one reply, send the message) and reports what
// came; the dialog decides and keeps, for each recipient, what the server said. QUIT is written
// only by quit(), never before the reply to the dot.
//
//   greeting > EHLO (> HELO) > Ready > MAIL, RCPT..., DATA > message > reply to the dot > Ready >
//   QUIT > Close
//                                            \ nobody accepted, or DATA refused > RSET > Ready
//
// Standards: RFC 5321 (3.3, 4.2, 4.5.3.1.10), RFC 2920 (PIPELINING), RFC 1870 (SIZE), RFC 6152
//   (8BITMIME), RFC 2034, RFC 3461 5.2 (DSN), RFC 6531 (SMTPUTF8), RFC 8689 (REQUIRETLS).
// Threads:   one owner.
// Errors:    what the server does wrong is an Outcome; misuse asserts.
#pragma once

#include <cstdint>
#include <deque>
#include <string>
#include <string_view>
#include <vector>

#include "queue/outcome.h"
#include "relay/smtp/client_outcome.h"
#include "relay/smtp/delivery.h"
#include "relay/smtp/extensions.h"
#include "relay/smtp/reply.h"

namespace relay::smtp {

class ClientDialog {
public:
    enum class Do {
        Write,        // write `octets`, then ask next()
        ReadReply,    // read one reply within `wait`; then replied() or lost()
        SendMessage,  // write the dot-stuffed message and the end of data; then message_sent()
        SendNothing,  // every recipient was refused and the server said 354 all the same: end of
                      // data alone; then next()
        Ready,        // greeted, or a transaction is over: begin() or quit()
        Close         // nothing more can be done on this connection
    };
    struct Step {
        Do action = Do::ReadReply;
        std::string octets;
        Wait wait = Wait::Greeting;
    };

    /// `helo` is our own checked name.
    explicit ClientDialog(std::string helo, Protection protection = Protection::None);

    /// What to do now. Write, SendMessage and SendNothing are returned once each.
    Step next();
    /// One whole reply. One that comes while the message is being written is taken too: a refusal
    /// ends the connection.
    void replied(const ServerReply& reply);
    /// The connection is gone, in whatever step, also while writing.
    void lost(Loss loss);
    /// The message and its end of data are written.
    void message_sent();
    /// Octets came from the server while next() is not ReadReply: more replies than commands. The
    /// connection is over; what is undecided is Deferred.
    void unexpected_input();

    /// A new transaction; only when next() says Ready. A message that the server cannot take
    /// (lack() in delivery.h) gets its outcomes at once and next() stays Ready.
    void begin(const Delivery& delivery);
    /// Only when Ready.
    void quit();

    /// One for each recipient of the last begin(), in order; complete once next() is Ready or
    /// Close. Undecided recipients of a lost connection are Deferred. `host` and `ip` are left
    /// empty; `passed_on_dsn` says that a server which Delivered knows what reports are asked for.
    [[nodiscard]] const std::vector<queue::Outcome>& outcomes() const { return outcomes_; }
    /// The server greeted us and answered EHLO or HELO: the host works.
    [[nodiscard]] bool greeted() const { return greeted_; }
    /// Why the host could not be used, while not greeted() and next() is Close. Deferred: the next
    /// host may be tried.
    [[nodiscard]] const queue::Outcome& host_failure() const { return host_failure_; }
    /// The connection was lost, or lost its sync, or is over, in a way that leaves nothing to say
    /// but closing.
    [[nodiscard]] bool closed() const;
    /// No octet of the current transaction's message had been sent when the connection ended:
    /// another host may be tried at once for the recipients that are Deferred.
    [[nodiscard]] bool nothing_sent() const { return !message_sent_; }
    [[nodiscard]] bool eight_bit() const { return offered_.eight_bit; }

private:
    enum class Phase {
        Greeting,
        Ehlo,
        Helo,
        Ready,
        Commands,  // MAIL, RCPT and DATA are written, or their replies awaited
        Message,   // 354 came: the message is due
        Sending,   // it is being written
        Nothing,   // 354 came, but for nobody
        Dot,
        Rset,
        Quit,
        Closed
    };
    /// A command of a transaction that was written and is not answered.
    struct Awaited {
        Wait command = Wait::Mail;
        std::size_t recipient = 0;  // of RCPT
    };
    enum class Standing : std::uint8_t { Open, Accepted, Decided };

    void greeting_replied(const ServerReply& reply);
    void ehlo_replied(const ServerReply& reply);
    void helo_replied(const ServerReply& reply);
    void command_replied(const ServerReply& reply);
    void mail_replied(const ServerReply& reply);
    void data_replied(const ServerReply& reply);
    void dot_replied(const ServerReply& reply);

    void write(std::string_view line);
    [[nodiscard]] std::string mail_command() const;
    [[nodiscard]] std::string rcpt_command(const Delivery::To& to) const;
    void write_commands();
    void continue_commands();
    [[nodiscard]] bool anyone_accepted() const;
    [[nodiscard]] std::string_view awaited() const;

    void host_failed(queue::Outcome why);
    void decide(std::size_t recipient, queue::Outcome outcome);
    void decide_rest(const queue::Outcome& outcome);
    void close_with(const queue::Outcome& outcome);

    Phase phase_ = Phase::Greeting;
    std::string helo_;
    Protection protection_;
    std::string to_write_;
    Extensions offered_;
    bool greeted_ = false;
    queue::Outcome host_failure_;

    // Of the current transaction:
    Delivery delivery_;
    std::vector<queue::Outcome> outcomes_;
    std::vector<Standing> standing_;  // beside outcomes_
    std::size_t next_command_ = 0;    // 0 MAIL, then a RCPT each, then DATA
    std::deque<Awaited> awaited_;
    bool mail_open_ = false;  // the server accepted MAIL and would refuse another
    bool message_sent_ = false;
};

}  // namespace relay::smtp
