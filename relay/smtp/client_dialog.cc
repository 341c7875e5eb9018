#include "relay/smtp/client_dialog.h"

#include <algorithm>
#include <cassert>
#include <utility>

#include "relay/smtp/ascii.h"
#include "relay/smtp/xtext.h"

namespace relay::smtp {
namespace {

using Kind = queue::Outcome::Kind;

/// RFC 2920 3.1: a client must not write so much ahead that both sides wait for the other's
/// reading. Commands go in groups of about this many octets; their replies fit into any socket
/// buffer.
constexpr std::size_t kGroup = 8192;

std::string quoted(const ServerReply& reply, std::string_view awaited) {
    return '"' + reply.text() + "\" as " + std::string(awaited);
}

}  // namespace

ClientDialog::ClientDialog(std::string helo, Protection protection)
    : helo_(std::move(helo)), protection_(protection) {
    assert(!helo_.empty() && std::all_of(helo_.begin(), helo_.end(), [](char octet) {
        return is_printable(octet) && octet != ' ';
    }));
}

ClientDialog::Step ClientDialog::next() {
    if (!to_write_.empty()) {
        return {Do::Write, std::exchange(to_write_, {}), {}};
    }
    switch (phase_) {
        case Phase::Greeting:
            return {Do::ReadReply, {}, Wait::Greeting};
        case Phase::Ehlo:
        case Phase::Helo:
            return {Do::ReadReply, {}, Wait::Ehlo};
        case Phase::Ready:
            return {Do::Ready, {}, {}};
        case Phase::Commands:
            return {Do::ReadReply, {}, awaited_.front().command};
        case Phase::Message:
            phase_ = Phase::Sending;
            message_sent_ = true;
            return {Do::SendMessage, {}, {}};
        case Phase::Nothing:
            phase_ = Phase::Dot;
            return {Do::SendNothing, {}, {}};
        case Phase::Sending:
        case Phase::Dot:
            return {Do::ReadReply, {}, Wait::Dot};
        case Phase::Rset:
            return {Do::ReadReply, {}, Wait::Rset};
        case Phase::Quit:
            return {Do::ReadReply, {}, Wait::Quit};
        case Phase::Closed:
            break;
    }
    return {Do::Close, {}, {}};
}

void ClientDialog::replied(const ServerReply& reply) {
    if (reply.klass() < 2 || reply.klass() > 5) {
        lost(Loss::Garbage);
        return;
    }
    switch (phase_) {
        case Phase::Greeting:
            greeting_replied(reply);
            break;
        case Phase::Ehlo:
            ehlo_replied(reply);
            break;
        case Phase::Helo:
            helo_replied(reply);
            break;
        case Phase::Commands:
            command_replied(reply);
            break;
        case Phase::Sending:
        case Phase::Dot:
            dot_replied(reply);
            break;
        case Phase::Rset:
            // A connection on which RSET does not work is of no use for the next message.
            phase_ = reply.klass() == 2 && !is_misplaced(reply) ? Phase::Ready : Phase::Closed;
            break;
        case Phase::Quit:
            phase_ = Phase::Closed;
            break;
        case Phase::Ready:
        case Phase::Message:
        case Phase::Nothing:
        case Phase::Closed:
            unexpected_input();
            break;
    }
}

void ClientDialog::greeting_replied(const ServerReply& reply) {
    if (reply.klass() == 4 || reply.klass() == 5) {
        // NB: RFC 5321 3.1 wants a QUIT after 554; nothing is gained by waiting for such a host.
        host_failed(refused_host(reply));
    } else if (reply.klass() == 3 || reply.code == 221) {
        host_failed(out_of_step(quoted(reply, awaited())));
    } else {
        write("EHLO " + helo_);
        phase_ = Phase::Ehlo;
    }
}

void ClientDialog::ehlo_replied(const ServerReply& reply) {
    if (reply.klass() == 5) {
        // RFC 5321 3.2: a client that gets 5yz to EHLO falls back to HELO.
        write("HELO " + helo_);
        phase_ = Phase::Helo;
        return;
    }
    helo_replied(reply);
    if (greeted_) {
        offered_ = Extensions::parse(reply);
    }
}

void ClientDialog::helo_replied(const ServerReply& reply) {
    if (reply.klass() == 4 || reply.klass() == 5) {
        host_failed(refused_host(reply));
    } else if (reply.klass() == 3 || is_misplaced(reply)) {
        host_failed(out_of_step(quoted(reply, awaited())));
    } else {
        greeted_ = true;
        phase_ = Phase::Ready;
    }
}

void ClientDialog::begin(const Delivery& delivery) {
    assert(phase_ == Phase::Ready && to_write_.empty() && !delivery.recipients.empty());
    delivery_ = delivery;
    outcomes_.assign(delivery_.recipients.size(), queue::Outcome{});
    standing_.assign(delivery_.recipients.size(), Standing::Open);
    next_command_ = 0;
    awaited_.clear();
    mail_open_ = false;
    message_sent_ = false;

    if (const auto missing = lack(delivery_, offered_, protection_)) {
        decide_rest(*missing);
        return;
    }
    phase_ = Phase::Commands;
    write_commands();
}

std::string ClientDialog::mail_command() const {
    std::string line = "MAIL FROM:<" + delivery_.sender.text() + ">";
    if (offered_.size && delivery_.size > 0) {
        line += " SIZE=" + std::to_string(delivery_.size);
    }
    if (delivery_.body == queue::BodyKind::EightBitMime) {
        line += " BODY=8BITMIME";
    }
    if (delivery_.needs_utf8()) {
        line += " SMTPUTF8";
    }
    // RFC 8689 5: a report on such a message says it as well, but is not lost for a host without
    // it.
    if (delivery_.require_tls && keeps_required_tls(offered_, protection_)) {
        line += " REQUIRETLS";
    }
    // RFC 3461 5.2.1, 5.2.2: what was received goes on unchanged, to a server that offers DSN, and
    // nothing of it to one that does not. What is no xtext is not written: it could end the line.
    if (offered_.dsn && delivery_.ret != queue::ReturnedPart::Unset) {
        line += delivery_.ret == queue::ReturnedPart::Full ? " RET=FULL" : " RET=HDRS";
    }
    if (offered_.dsn && decode_envelope_id(delivery_.envelope_id)) {
        line += " ENVID=" + delivery_.envelope_id;
    }
    // NB: RFC 4954 5 lets a server that is trusted pass AUTH= on. No server has reason to trust us
    // to vouch for somebody, so it is never written.
    return line;
}

std::string ClientDialog::rcpt_command(const Delivery::To& to) const {
    std::string line = "RCPT TO:<" + to.address.text() + ">";
    if (!offered_.dsn) {
        return line;
    }
    const queue::Notify& notify = to.dsn.notify;
    if (!notify.is_unset()) {
        std::string words;
        for (const auto& [set, word] : {std::pair(notify.success, "SUCCESS"),
                                        std::pair(notify.failure, "FAILURE"),
                                        std::pair(notify.delay, "DELAY")}) {
            if (set) {
                words += (words.empty() ? "" : ",") + std::string(word);
            }
        }
        line += " NOTIFY=" + (notify.never ? "NEVER" : words);
    }
    if (decode_original_recipient(to.dsn.original_recipient)) {
        line += " ORCPT=" + to.dsn.original_recipient;
    }
    return line;
}

void ClientDialog::write_commands() {
    const std::size_t recipients = delivery_.recipients.size();
    // RFC 2920 3.1: MAIL, RCPT and, as the last of a group, DATA may be sent without waiting.
    const std::size_t limit = offered_.pipelining ? kGroup : 1;
    while (next_command_ <= recipients + 1 && to_write_.size() < limit) {
        if (next_command_ == 0) {
            write(mail_command());
            awaited_.push_back({Wait::Mail, 0});
        } else if (next_command_ <= recipients) {
            const std::size_t recipient = next_command_ - 1;
            write(rcpt_command(delivery_.recipients[recipient]));
            awaited_.push_back({Wait::Rcpt, recipient});
        } else {
            write("DATA");
            awaited_.push_back({Wait::Data, 0});
        }
        ++next_command_;
    }
}

void ClientDialog::command_replied(const ServerReply& reply) {
    const Awaited command = awaited_.front();
    // RFC 5321 4.2.3: 421 may come at any command when the server must shut down.
    if (reply.code == 421) {
        close_with(outcome_of(reply));
        return;
    }
    // RFC 5321 4.3.2: 354 answers DATA alone, 2yz the others. Anything else is another command's
    // reply: no recipient may get a foreign one.
    const int success = command.command == Wait::Data ? 3 : 2;
    if (is_misplaced(reply) || (reply.klass() < 4 && reply.klass() != success)) {
        close_with(out_of_step(quoted(reply, awaited())));
        return;
    }
    awaited_.pop_front();
    if (command.command == Wait::Mail) {
        mail_replied(reply);
    } else if (command.command == Wait::Rcpt) {
        if (reply.klass() != 2) {
            decide(command.recipient, rcpt_outcome_of(reply));
        } else if (standing_[command.recipient] == Standing::Open) {
            standing_[command.recipient] = Standing::Accepted;
        }
    } else {
        data_replied(reply);
        return;
    }
    continue_commands();
}

void ClientDialog::mail_replied(const ServerReply& reply) {
    if (reply.klass() == 2) {
        mail_open_ = true;
    } else {
        decide_rest(outcome_of(reply));
    }
}

void ClientDialog::continue_commands() {
    if (!awaited_.empty()) {
        return;
    }
    const bool all_answered = next_command_ == delivery_.recipients.size() + 1;
    if (mail_open_ && !(all_answered && !anyone_accepted())) {
        write_commands();
    } else if (mail_open_) {
        write("RSET");
        phase_ = Phase::Rset;
    } else {
        phase_ = Phase::Ready;
    }
}

void ClientDialog::data_replied(const ServerReply& reply) {
    if (reply.klass() == 3) {
        // RFC 2920 3.1: if no recipient was accepted and DATA is answered by 354 all the same, the
        // client SHOULD send a single dot.
        phase_ = anyone_accepted() ? Phase::Message : Phase::Nothing;
        return;
    }
    decide_rest(outcome_of(reply));
    if (mail_open_) {
        write("RSET");
        phase_ = Phase::Rset;
    } else {
        phase_ = Phase::Ready;
    }
}

void ClientDialog::message_sent() {
    assert(phase_ == Phase::Sending || phase_ == Phase::Dot || phase_ == Phase::Closed);
    if (phase_ == Phase::Sending) {
        phase_ = Phase::Dot;
    }
}

void ClientDialog::dot_replied(const ServerReply& reply) {
    // RFC 5321 4.2.1: any 2yz means success. NB: but not 220 and 221, which answer something else:
    // to take the 221 of a QUIT for the reply to the dot loses mail.
    if (reply.klass() == 3 || is_misplaced(reply) ||
        (reply.klass() == 2 && phase_ == Phase::Sending)) {
        close_with(out_of_step(quoted(reply, awaited())));
        return;
    }
    // A server that refuses before the end of the data cannot be followed any further.
    if (reply.code == 421 || phase_ == Phase::Sending) {
        close_with(outcome_of(reply));
        return;
    }
    queue::Outcome outcome = outcome_of(reply);
    outcome.passed_on_dsn = outcome.kind == Kind::Delivered && offered_.dsn;
    decide_rest(outcome);
    phase_ = Phase::Ready;
}

void ClientDialog::quit() {
    assert(phase_ == Phase::Ready && to_write_.empty());
    write("QUIT");
    phase_ = Phase::Quit;
}

void ClientDialog::lost(Loss loss) {
    queue::Outcome why = lost_outcome(loss, awaited());
    if (!greeted_) {
        if (phase_ != Phase::Closed) {
            host_failed(std::move(why));
        }
        return;
    }
    close_with(why);
}

void ClientDialog::unexpected_input() {
    if (!greeted_) {
        if (phase_ != Phase::Closed) {
            host_failed(out_of_step("a reply that nothing asked for"));
        }
        return;
    }
    close_with(out_of_step("a reply that nothing asked for"));
}

bool ClientDialog::closed() const {
    return phase_ == Phase::Closed;
}

void ClientDialog::write(std::string_view line) {
    to_write_ += line;
    to_write_ += "\r\n";
}

bool ClientDialog::anyone_accepted() const {
    return std::find(standing_.begin(), standing_.end(), Standing::Accepted) != standing_.end();
}

std::string_view ClientDialog::awaited() const {
    switch (phase_) {
        case Phase::Greeting:
            return awaited_reply(Wait::Greeting);
        case Phase::Ehlo:
            return awaited_reply(Wait::Ehlo);
        case Phase::Helo:
            return "the reply to HELO";
        case Phase::Commands:
            return awaited_reply(awaited_.front().command);
        case Phase::Message:
        case Phase::Sending:
            return "the message to be sent";
        case Phase::Nothing:
        case Phase::Dot:
            return awaited_reply(Wait::Dot);
        case Phase::Rset:
            return awaited_reply(Wait::Rset);
        case Phase::Quit:
            return awaited_reply(Wait::Quit);
        case Phase::Ready:
        case Phase::Closed:
            break;
    }
    return "the next message";
}

void ClientDialog::host_failed(queue::Outcome why) {
    host_failure_ = std::move(why);
    to_write_.clear();
    phase_ = Phase::Closed;
}

void ClientDialog::decide(std::size_t recipient, queue::Outcome outcome) {
    if (standing_[recipient] != Standing::Decided) {
        standing_[recipient] = Standing::Decided;
        outcomes_[recipient] = std::move(outcome);
    }
}

void ClientDialog::decide_rest(const queue::Outcome& outcome) {
    for (std::size_t recipient = 0; recipient < standing_.size(); ++recipient) {
        decide(recipient, outcome);
    }
}

void ClientDialog::close_with(const queue::Outcome& outcome) {
    decide_rest(outcome);
    to_write_.clear();
    awaited_.clear();
    phase_ = Phase::Closed;
}

}  // namespace relay::smtp
