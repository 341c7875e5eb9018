#include "relay/smtp/server_dialog.h"

#include <algorithm>
#include <cassert>
#include <utility>

#include "relay/smtp/ascii.h"
#include "relay/smtp/command.h"
#include "relay/smtp/server_answers.h"

namespace relay::smtp {
namespace {

using Next = ServerDialog::Next;
using Step = ServerDialog::Step;

template <class... Cases>
struct Overloaded : Cases... {
    using Cases::operator()...;
};
template <class... Cases>
Overloaded(Cases...) -> Overloaded<Cases...>;

/// The client's other protocol would go on talking: an attacker could put commands into an HTTP
/// body that a browser sends (ALPACA), or into a TLS record.
bool is_other_protocol(std::string_view line) {
    static constexpr std::string_view kMethods[] = {
        "GET", "POST", "PUT", "CONNECT", "HEAD", "OPTIONS", "DELETE", "TRACE", "PATCH", "PRI"};
    if (!line.empty() && (line.front() == '\x16' || line.front() == '\0')) {
        return true;
    }
    const std::string_view verb = line.substr(0, line.find(' '));
    return std::any_of(std::begin(kMethods), std::end(kMethods), [verb](std::string_view method) {
        return equal_no_case(verb, method);
    });
}

/// RFC 3207 4: where TLS is required, 530 to everything but NOOP, EHLO, STARTTLS and QUIT. A chunk
/// is read before it is refused.
bool may_come_before_tls(const Command& command) {
    return std::holds_alternative<Helo>(command) || std::holds_alternative<Noop>(command) ||
           std::holds_alternative<StartTls>(command) || std::holds_alternative<Quit>(command) ||
           std::holds_alternative<Bdat>(command);
}

const Reply kOtherProtocol{554, "5.5.1", "this is SMTP, closing the connection"};

}  // namespace

ServerDialog::ServerDialog(ServerRules rules) : rules_(std::move(rules)) {}

void ServerDialog::meet(bool may_relay, bool on_this_host) {
    rules_.may_relay = may_relay;
    rules_.on_this_host = on_this_host;
}

std::string ServerDialog::greeting() const {
    return Reply{220, "", rules_.hostname + " ESMTP Signet"}.wire();
}

Step ServerDialog::talked_too_soon() {
    return answer_and_close({554, "5.5.1", "you talked before my greeting"});
}

std::string ServerDialog::shutting_down() {
    return Reply{421, "4.3.2", "the server is shutting down, try again later"}.wire();
}

std::string ServerDialog::timed_out() {
    return Reply{421, "4.4.2", "waited too long for you, closing the connection"}.wire();
}

std::optional<Step> ServerDialog::first_octet(char octet) const {
    // A TLS hello, a DNS query, the start of a database's protocol: none of them need ever have a
    // line end.
    const bool text = (octet >= ' ' && octet <= '~') || octet == '\r' || octet == '\n';
    if (!first_line_ || text) {
        return std::nullopt;
    }
    return answer_and_close(kOtherProtocol);
}

Step ServerDialog::command(std::string_view line) {
    assert(!in_data_);
    first_line_ = false;
    if (is_other_protocol(line)) {
        return answer_and_close(kOtherProtocol);
    }
    const auto parsed =
        parse_command(line, {rules_.hostname, rules_.origin}, recipient_characters());
    if (const auto* const wrong = std::get_if<Reply>(&parsed)) {
        mail_refused_ = mail_refused_ || equal_no_case(line.substr(0, 5), "MAIL ");
        // RFC 3030 3: a chunk follows whose length nobody knows; its octets must not become
        // commands.
        return announces_chunk(line) ? answer_and_close(*wrong) : refuse(*wrong);
    }
    const auto& known = std::get<Command>(parsed);
    if (needs_tls() && !may_come_before_tls(known)) {
        const bool follows_refusal = mail_refused_;
        mail_refused_ = mail_refused_ || std::holds_alternative<MailFrom>(known);
        return follows_refusal ? answer(start_tls_first()) : refuse(start_tls_first());
    }
    return std::visit(
        Overloaded{
            [this](const Helo& command) { return helo(command); },
            [this](const MailFrom& command) { return mail(command); },
            [this](const RcptTo& command) { return rcpt(command); },
            [this](const Data&) { return data(); },
            [this](const Bdat& command) { return bdat(command); },
            [this](const StartTls&) { return start_tls(); },
            [this](const Auth& command) { return auth(command); },
            [this](const Rset&) {
                forget_transaction();
                return answer({250, "2.0.0", "OK"});
            },
            [](const Noop&) {
                return answer({250, "2.0.0", "OK"});
            },
            // RFC 5321 3.5.3: 252 where an address is not verified but mail for it would be tried.
            [](const Vrfy&) {
                return answer({252, "2.0.0", "cannot verify, send mail and it will be tried"});
            },
            [](const Help&) {
                return answer({214,
                               "2.0.0",
                               "EHLO HELO STARTTLS AUTH MAIL RCPT DATA BDAT RSET NOOP VRFY HELP "
                               "QUIT"});
            },
            [this](const Quit&) { return quit(); },
            [this](const NotImplemented&) {
                return refuse({502, "5.5.1", "this command is not offered"});
            },
        },
        known);
}

Step ServerDialog::line_too_long() {
    const Reply reply{500, "5.5.2", "the line is too long"};
    return std::exchange(first_line_, false) ? answer_and_close(reply) : refuse(reply);
}

Step ServerDialog::bad_line_end() {
    const Reply reply{500, "5.5.2", "lines end with CR LF and hold no other CR, LF or NUL"};
    return std::exchange(first_line_, false) ? answer_and_close(reply) : refuse(reply);
}

Step ServerDialog::helo(const Helo& helo) {
    // RFC 5321 4.1.4: EHLO clears all buffers and resets the state as if RSET had been issued.
    forget_transaction();
    helo_ = helo.name;
    extended_ = helo.extended;
    if (!extended_) {
        return answer({250, "", rules_.hostname});
    }
    std::string reply = "250-" + rules_.hostname + "\r\n";
    reply += "250-PIPELINING\r\n";
    // RFC 1870 3: SIZE 0 says that no fixed maximum is in force.
    reply += "250-SIZE " + std::to_string(rules_.message_size) + "\r\n";
    reply += "250-8BITMIME\r\n";
    reply += "250-SMTPUTF8\r\n";
    reply += "250-ENHANCEDSTATUSCODES\r\n";
    reply += "250-CHUNKING\r\n";
    reply += "250-DSN\r\n";
    if (rules_.offers_tls && !secured_) {
        reply += "250-STARTTLS\r\n";
    }
    // RFC 4954 4: not again once it succeeded. NB: never where a password could be read on the way.
    if (may_log_in() && !logged_in_) {
        reply += "250-AUTH SCRAM-SHA-256 PLAIN LOGIN\r\n";
    }
    // RFC 8689 2: REQUIRETLS MUST only be specified in a session that is under TLS.
    if (secured_) {
        reply += "250-REQUIRETLS\r\n";
    }
    // RFC 9422 4.
    if (rules_.messages > 0 || rules_.recipients > 0) {
        reply += "250-LIMITS";
        reply += rules_.messages > 0 ? " MAILMAX=" + std::to_string(rules_.messages) : "";
        reply += rules_.recipients > 0 ? " RCPTMAX=" + std::to_string(rules_.recipients) : "";
        reply += "\r\n";
    }
    reply += "250 HELP\r\n";
    return {Next::Line, std::move(reply)};
}

queue::Characters ServerDialog::recipient_characters() const {
    // RFC 6531 3.4: what MAIL said holds for its RCPTs. Behind a refused MAIL they are refused as
    // such, whatever their addresses.
    const bool utf8 = mail_given_ ? transaction_.utf8 : mail_refused_;
    return utf8 ? queue::Characters::Utf8 : queue::Characters::Ascii;
}

Step ServerDialog::quit() const {
    return answer_and_close({221, "2.0.0", rules_.hostname + " closing the connection"});
}

Step ServerDialog::refuse(const Reply& reply) {
    // A temporary refusal is our trouble, not the client's error.
    if (reply.code < 500) {
        return answer(reply);
    }
    ++errors_;
    if (rules_.errors > 0 && errors_ >= rules_.errors) {
        // RFC 5321 3.8: 421 tells why the connection is closed, whatever command comes next.
        const Reply closing{421, "4.7.0", "too many errors, closing the connection"};
        return {Next::Close, reply.wire() + closing.wire()};
    }
    return answer(reply);
}

Step ServerDialog::out_of_order(std::string_view text) {
    const Reply reply{503, "5.5.1", std::string(text)};
    return mail_refused_ ? answer(reply) : refuse(reply);
}

void ServerDialog::forget_transaction() {
    mail_given_ = false;
    mail_refused_ = false;
    in_data_ = false;
    in_chunks_ = false;
    chunks_failed_ = false;
    chunk_refusal_.reset();
    transaction_ = Transaction{};
    known_recipients_.clear();
}

}  // namespace relay::smtp
