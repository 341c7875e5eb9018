#include "relay/smtp/server_dialog.h"

#include <algorithm>
#include <cassert>
#include <utility>

#include "relay/smtp/ascii.h"
#include "relay/smtp/command.h"

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

Step answer(const Reply& reply) {
    return {Next::Command, reply.wire()};
}
Step answer_and_close(const Reply& reply) {
    return {Next::Close, reply.wire()};
}

/// The client's other protocol would go on talking: an attacker could put commands into an HTTP
/// body that a browser sends (ALPACA), or into a TLS record.
bool is_other_protocol(std::string_view line) {
    static constexpr std::string_view kMethods[] = {
        "GET", "POST", "PUT", "CONNECT", "HEAD", "OPTIONS", "DELETE", "TRACE", "PATCH"};
    if (!line.empty() && (line.front() == '\x16' || line.front() == '\0')) {
        return true;
    }
    const std::string_view verb = line.substr(0, line.find(' '));
    return std::any_of(std::begin(kMethods), std::end(kMethods), [verb](std::string_view method) {
        return equal_no_case(verb, method);
    });
}

}  // namespace

ServerDialog::ServerDialog(ServerRules rules) : rules_(std::move(rules)) {}

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

Step ServerDialog::command(std::string_view line) {
    assert(!in_data_);
    first_line_ = false;
    if (is_other_protocol(line)) {
        return answer_and_close({554, "5.5.1", "this is SMTP, closing the connection"});
    }
    const auto parsed = parse_command(line, rules_.hostname);
    if (const auto* const wrong = std::get_if<Reply>(&parsed)) {
        mail_refused_ = mail_refused_ || equal_no_case(line.substr(0, 5), "MAIL ");
        return refuse(*wrong);
    }
    return std::visit(
        Overloaded{
            [this](const Helo& command) { return helo(command); },
            [this](const MailFrom& command) { return mail(command); },
            [this](const RcptTo& command) { return rcpt(command); },
            [this](const Data&) { return data(); },
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
                return answer({214, "2.0.0", "EHLO HELO MAIL RCPT DATA RSET NOOP VRFY HELP QUIT"});
            },
            [this](const Quit&) { return quit(); },
            [this](const NotImplemented&) {
                return refuse({502, "5.5.1", "this command is not offered"});
            },
        },
        std::get<Command>(parsed));
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
    reply += "250-ENHANCEDSTATUSCODES\r\n";
    reply += "250 HELP\r\n";
    return {Next::Command, std::move(reply)};
}

Step ServerDialog::mail(const MailFrom& mail) {
    // RFC 5321 4.1.4: a session that contains mail transactions MUST first be initialized by EHLO.
    if (helo_.empty()) {
        return out_of_order("say EHLO first");
    }
    // RFC 5321 4.1.4: MAIL MUST NOT be sent if a mail transaction is already open.
    if (mail_given_) {
        return out_of_order("a transaction is open already");
    }
    if (rules_.messages > 0 && messages_ >= rules_.messages) {
        return answer_and_close(
            {421, "4.7.0", "too many messages in one connection, open another"});
    }
    if (const auto reason = objection(mail)) {
        mail_refused_ = true;
        return refuse(*reason);
    }
    ++messages_;
    mail_given_ = true;
    mail_refused_ = false;
    transaction_.sender = mail.sender;
    transaction_.body = mail.body;
    return answer({250, "2.1.0", "sender OK"});
}

std::optional<Reply> ServerDialog::objection(const MailFrom& mail) const {
    // NB: RFC 5321 would refuse relaying at RCPT; every recipient is relayed here, so MAIL says it.
    if (!rules_.may_relay) {
        return Reply{550, "5.7.1", "relaying denied: your address is not listed as a client"};
    }
    // RFC 1870 6.1: 552 for a declared size over the fixed maximum.
    if (rules_.message_size > 0 && mail.size.value_or(0) > rules_.message_size) {
        return Reply{
            552,
            "5.3.4",
            "the message is larger than " + std::to_string(rules_.message_size) + " octets"};
    }
    if (rules_.judge_sender) {
        if (auto reason = rules_.judge_sender(mail.sender)) {
            return reason;
        }
    }
    if (rules_.judge_room) {
        return rules_.judge_room(mail.size.value_or(0));
    }
    return std::nullopt;
}

Step ServerDialog::rcpt(const RcptTo& rcpt) {
    if (!mail_given_) {
        return out_of_order("MAIL comes before RCPT");
    }
    const Reply accepted{250, "2.1.5", "recipient OK"};
    if (known_recipients_.contains(rcpt.recipient.text())) {
        return answer(accepted);
    }
    // RFC 5321 4.5.3.1.10: 452 for too many recipients; what was accepted so far stays.
    const auto limit = static_cast<std::size_t>(std::max(rules_.recipients, 0));
    if (limit > 0 && transaction_.recipients.size() >= limit) {
        return answer({452, "4.5.3", "too many recipients, send them with another message"});
    }
    known_recipients_.insert(rcpt.recipient.text());
    transaction_.recipients.push_back(rcpt.recipient);
    return answer(accepted);
}

Step ServerDialog::data() {
    if (!mail_given_) {
        Step step = out_of_order("MAIL and RCPT come before DATA");
        mail_refused_ = false;  // DATA is the last command of a pipelined group
        return step;
    }
    // RFC 5321 3.3: 554 if there was no accepted recipient.
    if (transaction_.recipients.empty()) {
        return refuse({554, "5.5.1", "no valid recipients"});
    }
    in_data_ = true;
    return {Next::Data, Reply{354, "", "end with <CR><LF>.<CR><LF>"}.wire()};
}

Step ServerDialog::data_done(const Reply& reply) {
    assert(in_data_);
    forget_transaction();
    if (reply.positive()) {
        errors_ = 0;
        return answer(reply);
    }
    return reply.code == 421 ? answer_and_close(reply) : refuse(reply);
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
    transaction_ = Transaction{};
    known_recipients_.clear();
}

}  // namespace relay::smtp
