// The steps of a mail transaction: MAIL, RCPT, DATA and BDAT.
#include <algorithm>
#include <cassert>
#include <utility>

#include "relay/smtp/command.h"
#include "relay/smtp/server_answers.h"
#include "relay/smtp/server_dialog.h"

namespace relay::smtp {

using Next = ServerDialog::Next;
using Step = ServerDialog::Step;

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
    transaction_.utf8 = mail.utf8;
    // RFC 8689 4.1: the message is tagged; a TLS-Required field in it MUST be ignored then.
    transaction_.require_tls = mail.require_tls;
    transaction_.ret = mail.ret;
    transaction_.envelope_id = mail.envelope_id;
    return answer({250, "2.1.0", "sender OK"});
}

std::optional<Reply> ServerDialog::objection(const MailFrom& mail) const {
    // NB: RFC 5321 would refuse relaying at RCPT; every recipient is relayed here, so MAIL says it.
    if (auto reason = objection_to_client()) {
        return reason;
    }
    // RFC 5321 4.1.1.11: 555 for a parameter that cannot be implemented: what came in the clear has
    // been read on its way already.
    if (mail.require_tls && !secured_) {
        return Reply{555, "5.5.4", "REQUIRETLS is for sessions under TLS"};
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
    if (in_chunks_) {
        return out_of_order("the message has begun: RCPT comes before BDAT");
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
    transaction_.recipients.push_back({rcpt.recipient, rcpt.dsn});
    return answer(accepted);
}

Step ServerDialog::data() {
    if (!mail_given_) {
        Step step = out_of_order("MAIL and RCPT come before DATA");
        mail_refused_ = false;  // DATA is the last command of a pipelined group
        return step;
    }
    // RFC 3030 2: DATA and BDAT cannot be used in the same transaction.
    if (in_chunks_) {
        return out_of_order("the message came in chunks: BDAT goes on with it");
    }
    // RFC 5321 3.3: 554 if there was no accepted recipient.
    if (transaction_.recipients.empty()) {
        return refuse({554, "5.5.1", "no valid recipients"});
    }
    in_data_ = true;
    return {Next::Data, Reply{354, "", "end with <CR><LF>.<CR><LF>"}.wire()};
}

Step ServerDialog::bdat(const Bdat& bdat) {
    // RFC 3030 3: the octets of a refused chunk are read and thrown away before the reply.
    chunk_refusal_.reset();
    chunk_size_ = bdat.size;
    chunk_is_last_ = bdat.last;
    if (needs_tls()) {
        chunk_refusal_ = start_tls_first();
    } else if (!mail_given_) {
        chunk_refusal_ = Reply{503, "5.5.1", "MAIL and RCPT come before BDAT"};
    } else if (chunks_failed_) {
        chunk_refusal_ = Reply{503, "5.5.1", "the message was refused already: say RSET"};
    } else if (transaction_.recipients.empty()) {
        chunk_refusal_ = Reply{554, "5.5.1", "no valid recipients"};
    } else {
        in_chunks_ = true;
    }
    Step step;
    step.next = Next::Chunk;
    step.chunk = bdat.size;
    step.last = bdat.last;
    step.refused = chunk_refusal_.has_value();
    in_data_ = !step.refused;
    return step;
}

Step ServerDialog::chunk_done(const std::optional<Reply>& fault) {
    in_data_ = false;
    if (chunk_refusal_) {
        const Reply reply = *std::exchange(chunk_refusal_, std::nullopt);
        const bool follows_refusal = mail_refused_;
        if (chunk_is_last_) {
            forget_transaction();
        }
        return follows_refusal ? answer(reply) : refuse(reply);
    }
    if (fault) {
        chunks_failed_ = true;
        return fault->code == 421 ? answer_and_close(*fault) : refuse(*fault);
    }
    return answer({250, "2.0.0", std::to_string(chunk_size_) + " octets received"});
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

}  // namespace relay::smtp
