// ServerDialog: the server's side of an SMTP conversation, step by step, without I/O.
//
// The session reads lines and message octets, shows them to the dialog, and writes the replies in
// order; so every step can be tested, and run again with the connection lost there.
//
// Standards: RFC 5321 (3.3, 4.1.4 order of commands), RFC 1870 (SIZE), RFC 2034, RFC 2920
//   (PIPELINING), RFC 6152, RFC 3207 (STARTTLS), RFC 4954 (AUTH), RFC 3030 (CHUNKING), RFC 3461
//   (DSN), RFC 9422 (LIMITS), RFC 6531 (SMTPUTF8), RFC 8689 (REQUIRETLS).
// Threads: one owner.
// Errors: what a client does wrong is a reply; after Next::Close nothing may be asked; misuse
//   asserts.
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
#include "relay/smtp/sasl.h"

namespace relay::smtp {

struct Auth;
struct Bdat;
struct Helo;
struct MailFrom;
struct RcptTo;

/// What a dialog must know of its server; of the numbers 0 means without limit. The functions are
/// called at MAIL and must not wait; an empty one has no objection.
struct ServerRules {
    std::string hostname;
    std::string origin;  // of addresses without a domain; empty: they are refused
    std::uint64_t message_size = 0;
    int recipients = 0;
    int errors = 0;
    int messages = 0;           // transactions in one connection; then 421
    bool may_relay = false;     // the client's address is listed
    bool on_this_host = false;  // the client is: passwords may come in the clear
    bool offers_tls = false;
    bool requires_tls = false;
    bool offers_auth = false;  // there is somebody who could log in
    bool requires_auth = false;
    /// For AUTH; must be given where it is offered.
    SaslServer::Find find_verifier;
    std::function<std::string()> make_nonce;
    /// Why nobody may try to log in now (454 4.7.0), or nothing.
    std::function<std::optional<Reply>()> judge_login;
    /// Why mail of this sender is refused (550 5.7.1), or nothing.
    std::function<std::optional<Reply>(const queue::Address&)> judge_sender;
    /// Why no mail can be taken now (452 4.3.1 disk, 451 4.3.0 store), or nothing. `size`:
    /// announced octets, 0 if none.
    std::function<std::optional<Reply>(std::uint64_t size)> judge_room;
};

/// What the client asked for: one message without its octets.
struct Transaction {
    struct Recipient {
        queue::Address address;
        queue::DsnRequest dsn;
    };
    queue::Address sender;
    std::vector<Recipient> recipients;  // each address once
    queue::BodyKind body = queue::BodyKind::SevenBit;
    bool utf8 = false;         // SMTPUTF8 was said
    bool require_tls = false;  // REQUIRETLS was
    queue::ReturnedPart ret = queue::ReturnedPart::Unset;
    std::string envelope_id;
};

class ServerDialog {
public:
    enum class Next {
        Line,           // the next line is a command
        Data,           // write the reply (354), then read the message through a DotStream
        Chunk,          // read `chunk` octets behind the line, then chunk_done() or data_done()
        StartTls,       // write the reply (220), shake hands, then secured()
        SaslLine,       // write the reply (334); the next line is for sasl_line()
        CheckPassword,  // stretch the password of login(), then password_checked()
        Close
    };
    struct Step {
        Next next = Next::Line;
        std::string reply = {};  // complete lines to write
        bool penalty = false;    // write it after a while: somebody guesses passwords
        bool logged_in = false;  // somebody just did
        std::uint64_t chunk = 0;
        bool last = false;     // the chunk ends the message
        bool refused = false;  // the chunk's octets are to be thrown away
    };

    explicit ServerDialog(ServerRules rules);

    /// Who the client is in truth, where a proxy stands before it; before the greeting.
    void meet(bool may_relay, bool on_this_host);
    /// 220, the first thing written.
    [[nodiscard]] std::string greeting() const;
    /// One line without its CRLF.
    Step command(std::string_view line);
    /// The first octet that the client sent, before its line is whole. Of another protocol: one
    /// refusal and the end; else nothing.
    [[nodiscard]] std::optional<Step> first_octet(char octet) const;
    /// A line that went over the limit and was discarded to its end: one 500 5.5.2 for all of it.
    Step line_too_long();
    /// A command line with a bare CR, a bare LF or a NUL in it: 500 5.5.2. As the first line of a
    /// connection it is no mail client's (TLS, HTTP): the end.
    Step bad_line_end();
    /// The client sent before our greeting (RFC 5321 3.1, RFC 2920 3.1): 554 5.5.1 and the end.
    static Step talked_too_soon();
    /// A chunk was read: one that does not end the message, or one that was thrown away.
    /// `fault`: why the message is refused already.
    Step chunk_done(const std::optional<Reply>& fault);
    /// The client's answer to a 334, without its CRLF (RFC 4954 4).
    Step sasl_line(std::string_view line);
    /// Such a line was longer than 12,288 octets and was discarded to its end.
    Step sasl_line_too_long();
    Step password_checked(bool matches);
    /// The exchange that waits for password_checked().
    [[nodiscard]] const SaslServer& login() const { return *sasl_; }
    /// TLS protects the connection from here on; everything said before is forgotten (RFC 3207
    /// 4.2). `client_name`: from a certificate that authenticates the client, or empty.
    void secured(std::string client_name);
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
    /// A message is coming in chunks: between two BDATs, too.
    [[nodiscard]] bool in_chunks() const { return in_chunks_ && !chunks_failed_; }
    /// Who logged in, or whose certificate was shown; empty for nobody.
    [[nodiscard]] const std::string& user() const { return user_; }
    [[nodiscard]] const ServerRules& rules() const { return rules_; }

private:
    Step helo(const Helo& helo);
    Step mail(const MailFrom& mail);
    Step rcpt(const RcptTo& rcpt);
    Step data();
    Step bdat(const Bdat& bdat);
    Step start_tls();
    Step auth(const Auth& auth);
    Step go_on_with(SaslServer::Next next);
    Step login_failed();
    [[nodiscard]] Step quit() const;
    [[nodiscard]] std::optional<Reply> objection(const MailFrom& mail) const;
    [[nodiscard]] std::optional<Reply> objection_to_client() const;
    [[nodiscard]] bool may_log_in() const;
    [[nodiscard]] bool needs_tls() const { return rules_.requires_tls && !secured_; }
    Step refuse(const Reply& reply);  // counts an error; closes with 421 4.7.0 after `errors`
    Step out_of_order(std::string_view text);
    [[nodiscard]] queue::Characters recipient_characters() const;
    void forget_transaction();

    ServerRules rules_;
    std::string helo_;
    bool extended_ = false;
    bool secured_ = false;
    std::string user_;
    bool logged_in_ = false;  // by AUTH
    int login_failures_ = 0;
    std::optional<SaslServer> sasl_;
    bool mail_given_ = false;
    bool mail_refused_ =
        false;  // the commands pipelined behind a refused MAIL are no errors of their own
    bool in_data_ = false;
    bool in_chunks_ = false;      // a BDAT was accepted
    bool chunks_failed_ = false;  // the rest of the message is thrown away until RSET
    std::optional<Reply> chunk_refusal_;
    std::uint64_t chunk_size_ = 0;
    bool chunk_is_last_ = false;
    bool first_line_ = true;
    Transaction transaction_;
    std::unordered_set<std::string> known_recipients_;
    int errors_ = 0;  // since the last accepted message
    int messages_ = 0;
};

}  // namespace relay::smtp
