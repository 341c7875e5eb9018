#include "relay/smtp/client_outcome.h"

#include <string>

namespace relay::smtp {
namespace {

using Kind = queue::Outcome::Kind;

queue::Outcome own_words(queue::EnhancedStatus status, std::string text) {
    queue::Outcome outcome;
    outcome.kind = Kind::Deferred;
    outcome.status = status;
    outcome.text = std::move(text);
    return outcome;
}

queue::Outcome remote(Kind kind, queue::EnhancedStatus status, const ServerReply& reply) {
    queue::Outcome outcome;
    outcome.kind = kind;
    outcome.status = status;
    outcome.text = reply.text();
    outcome.remote = true;
    return outcome;
}

/// The enhanced code, or x.0.0 of the basic code.
queue::EnhancedStatus status_of(const ServerReply& reply) {
    return reply.enhanced.value_or(
        queue::EnhancedStatus{static_cast<std::uint8_t>(reply.klass()), 0, 0});
}

}  // namespace

queue::Outcome outcome_of(const ServerReply& reply) {
    // RFC 5321 4.2.1: 2yz completed, 4yz transient negative, 5yz permanent negative.
    const Kind kind = reply.klass() == 2   ? Kind::Delivered
                      : reply.klass() == 5 ? Kind::Failed
                                           : Kind::Deferred;
    return remote(kind, status_of(reply), reply);
}

queue::Outcome rcpt_outcome_of(const ServerReply& reply) {
    // RFC 5321 4.5.3.1.10: a client SHOULD treat 552 for too many recipients as a temporary, 452
    // failure. With 5.2.2 it is a full mailbox and permanent.
    constexpr queue::EnhancedStatus kMailboxFull{5, 2, 2};
    if (reply.code == 552 && reply.enhanced != kMailboxFull) {
        const queue::EnhancedStatus said = reply.enhanced.value_or(queue::EnhancedStatus{5, 5, 3});
        return remote(Kind::Deferred, {4, said.subject, said.detail}, reply);
    }
    return outcome_of(reply);
}

queue::Outcome refused_host(const ServerReply& reply) {
    // NB: RFC 5321 4.2.1 makes 5yz permanent; a host that refuses us as a client says nothing of
    // the recipient, and the next one may take the mail.
    queue::EnhancedStatus status{4, 0, 0};
    if (reply.enhanced) {
        status = {4, reply.enhanced->subject, reply.enhanced->detail};
    } else if (reply.klass() == 5) {
        status = {4, 7, 1};
    }
    return remote(Kind::Deferred, status, reply);
}

queue::Outcome lost_outcome(Loss loss, std::string_view awaited) {
    const std::string where = " while waiting for " + std::string(awaited);
    // RFC 3463 3.5: X.4.2 bad connection; 3.6: X.5.0 other or undefined protocol status.
    switch (loss) {
        case Loss::Closed:
            return own_words({4, 4, 2}, "connection lost" + where);
        case Loss::TimedOut:
            return own_words({4, 4, 2}, "timed out" + where);
        case Loss::Garbage:
            return own_words({4, 5, 0}, "the server sent something that is no reply" + where);
        case Loss::TooLong:
            return own_words({4, 4, 2}, "the server sent an endless reply" + where);
    }
    return own_words({4, 4, 2}, "connection lost" + where);
}

queue::Outcome out_of_step(std::string_view what) {
    return own_words({4, 5, 0},
                     "the server's replies do not match our commands: " + std::string(what));
}

std::string_view awaited_reply(Wait wait) {
    switch (wait) {
        case Wait::Greeting:
            return "the greeting";
        case Wait::Ehlo:
            return "the reply to EHLO";
        case Wait::Mail:
            return "the reply to MAIL";
        case Wait::Rcpt:
            return "the reply to RCPT";
        case Wait::Data:
            return "the reply to DATA";
        case Wait::Dot:
            return "the reply to the final dot";
        case Wait::Rset:
            return "the reply to RSET";
        case Wait::Quit:
            return "the reply to QUIT";
    }
    return "a reply";
}

}  // namespace relay::smtp
