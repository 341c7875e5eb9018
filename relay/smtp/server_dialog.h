// ServerDialog: the server's side of an SMTP conversation, step by step, without I/O.
//
// The session reads lines and message octets, shows them to the dialog, and writes the replies in
// order; so every step can be tested, and run again with the connection lost there.
//
// Standards: RFC 5321 (3.3, 4.1.4 order of commands), RFC 1870 (SIZE), RFC 2034, RFC 2920
// (PIPELINING), RFC 6152. Threads:   one owner. Errors:    what a client does wrong is a reply;
// after Next::Close nothing may be asked; misuse asserts.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_set>
#include <vector>

#include "queue/envelope.h"
#include "relay/smtp/reply.h"

namespace relay::smtp {

struct Helo;
struct MailFrom;
struct RcptTo;

/// What a dialog must know of its server; of the numbers 0 means without limit. The functions are
/// called at MAIL and must not wait; an empty one has no objection.
struct ServerRules {
    std::string hostname;
    std::uint64_t message_size = 0;
    int recipients = 0;
    int errors = 0;
    int messages = 0;        // transactions in one connection; then 421
    bool may_relay = false;  // the client's address is listed
    /// Why mail of this sender is refused (550 5.7.1), or nothing.
    std::function<std::optional<Reply>(const queue::Address&)> judge_sender;
    /// Why no mail can be taken now (452 4.3.1 disk, 451 4.3.0 store), or nothing. `size`:
    /// announced octets, 0 if none.
    std::function<std::optional<Reply>(std::uint64_t size)> judge_room;
};

/// What the client asked for: one message without its octets.
struct Transaction {
    queue::Address sender;
    std::vector<queue::Address> recipients;  // each one once
    queue::BodyKind body = queue::BodyKind::SevenBit;
};

class ServerDialog {
public:
    enum class Next { Command, Data, Close };
    struct Step {
        Next next = Next::Command;
        std::string reply;  // complete lines to write
    };

    explicit ServerDialog(ServerRules rules);

    /// 220, the first thing written.
    [[nodiscard]] std::string greeting() const;
    /// One line without its CRLF. Next::Data: write the reply (354), then read the message through
    /// a DotStream.
    Step command(std::string_view line);
    /// A line that went over the limit and was discarded to its end: one 500 5.5.2 for all of it.
    Step line_too_long();
    /// A command line with a bare CR, a bare LF or a NUL in it: 500 5.5.2. As the first line of a
    /// connection it is no mail client's (TLS, HTTP): the end.
    Step bad_line_end();
    /// The client sent before our greeting (RFC 5321 3.1, RFC 2920 3.1): 554 5.5.1 and the end.
    static Step talked_too_soon();
    /// The message was read to its end; `reply` is the answer to the dot. The transaction is over.
    /// Close after a 421, or when this refusal was one error too many.
    Step data_done(const Reply& reply);
    /// The server ends: 421 4.3.2 at the next chance.
    [[nodiscard]] static std::string shutting_down();
    [[nodiscard]] static std::string timed_out();

    [[nodiscard]] const Transaction& transaction() const { return transaction_; }
    [[nodiscard]] const std::string& helo() const { return helo_; }
    /// The client said EHLO: "ESMTP" in the Received field (RFC 3848).
    [[nodiscard]] bool extended() const { return extended_; }
    [[nodiscard]] const ServerRules& rules() const { return rules_; }

private:
    Step helo(const Helo& helo);
    Step mail(const MailFrom& mail);
    Step rcpt(const RcptTo& rcpt);
    Step data();
    [[nodiscard]] Step quit() const;
    [[nodiscard]] std::optional<Reply> objection(const MailFrom& mail) const;
    Step refuse(const Reply& reply);  // counts an error; closes with 421 4.7.0 after `errors`
    Step out_of_order(std::string_view text);
    void forget_transaction();

    ServerRules rules_;
    std::string helo_;
    bool extended_ = false;
    bool mail_given_ = false;
    bool mail_refused_ =
        false;  // the commands pipelined behind a refused MAIL are no errors of their own
    bool in_data_ = false;
    bool first_line_ = true;
    Transaction transaction_;
    std::unordered_set<std::string> known_recipients_;
    int errors_ = 0;  // since the last accepted message
    int messages_ = 0;
};

}  // namespace relay::smtp
