#include "relay/intake.h"

#include <limits>
#include <utility>

#include "conf/utf8.h"
#include "dkim/author.h"
#include "dkim/field.h"
#include "dkim/published.h"
#include "relay/body_digest.h"
#include "relay/clock.h"
#include "relay/log.h"
#include "relay/recoding.h"
#include "relay/store_refusal.h"
#include "relay/submission_rules.h"
#include "relay/trace_header.h"

namespace relay {

namespace {

/// RFC 6532: what a header beyond ASCII means for the way out. Where SMTPUTF8 was not said, or the
/// octets are no UTF-8, it is 8-bit text as it always came.
void mark_characters(queue::Envelope& envelope, std::string_view header) {
    if (!conf::is_ascii(header)) {
        envelope.body = queue::BodyKind::EightBitMime;
        envelope.utf8_header = envelope.utf8 && conf::is_utf8(header);
    }
}

/// What keeps some domain's mail from being signed, found by signing with every key: with many
/// domains more than a loop may do at once.
std::optional<std::string> fault_of(const dkim::KeyRing& ring, conf::Instant now) {
    for (const auto& [domain, keys] : ring.domains()) {
        if (ring.standing(domain, now) == dkim::KeyRing::Standing::KeyUnusable) {
            return "no usable signing key for " + domain.text();
        }
        for (const auto& entry : keys.entries) {
            if (const auto fault = dkim::self_test(keys, entry, now)) {
                return "signing for " + domain.text() + ": " + *fault;
            }
        }
    }
    return std::nullopt;
}

std::string joined(const std::vector<conf::DomainName>& names) {
    std::string result;
    for (const auto& name : names) {
        result += (result.empty() ? "" : ",") + name.text();
    }
    return result;
}

}  // namespace

Intake::Intake(Current& current,
               Spool& spool,
               Committer& committer,
               net::WorkerPool& workers,
               Metrics& metrics)
    : current_(current),
      memory_(current.get().config->limits.memory_for_receiving()),
      spool_(spool),
      committer_(committer),
      workers_(workers),
      metrics_(metrics) {}

void Intake::reconfigure(const conf::Config& config) {
    memory_.reconfigure(config.limits.memory_for_receiving());
}

std::unique_ptr<Arrival> Intake::begin(MemoryBudget::Reservation memory) {
    const auto setup = current_.get();
    return std::make_unique<Arrival>(spool_,
                                     committer_,
                                     std::move(memory),
                                     setup.config->dkim.body_canonicalization,
                                     setup.config->limits.message_size);
}

std::optional<smtp::Reply> Intake::judge_sender(const queue::Address& sender,
                                                const conf::Senders* senders) const {
    if (sender.is_null()) {
        return std::nullopt;
    }
    const auto domain = conf::DomainName::parse(sender.domain());
    if (!domain || current_.get().config->domain_of(*domain) == nullptr) {
        return smtp::Reply{550,
                           "5.7.1",
                           "sender domain " + std::string(sender.domain()) +
                               " is not one that this relay sends for"};
    }
    if (senders != nullptr && !senders->allow(sender.local_part(), sender.domain())) {
        return smtp::Reply{550, "5.7.1", "you may not send as " + sender.text()};
    }
    return std::nullopt;
}

std::optional<smtp::Reply> Intake::objection(const Arrival& arrival) {
    switch (arrival.fault()) {
        case Arrival::Fault::TooLarge:
            return smtp::Reply{
                552,
                "5.3.4",
                "message is larger than " + std::to_string(arrival.max_size_) + " octets"};
        case Arrival::Fault::HeaderTooLarge:
            return smtp::Reply{
                552,
                "5.3.4",
                "header is larger than " + std::to_string(Arrival::kMaxHeader) + " octets"};
        case Arrival::Fault::None:
            break;
    }
    return std::nullopt;
}

std::optional<smtp::Reply> Intake::judge_room(std::uint64_t size) {
    if (const auto room = spool_.has_room(size); !room) {
        return store_refusal(room.error());
    }
    return std::nullopt;
}

smtp::Reply Intake::refuse(smtp::Reply reply) {
    metrics_.messages_rejected.add({std::to_string(reply.code)});
    return reply;
}

/// RFC 6152 3 and RFC 5322 2.1.1. `arrival` may be another one afterwards.
net::Task<std::optional<smtp::Reply>> Intake::make_sendable(std::unique_ptr<Arrival>& arrival,
                                                            const Setup& setup) {
    const conf::Intake& rules = setup.config->intake;
    if (arrival->has_long_line() && rules.long_lines == conf::LongLines::Refuse) {
        co_return smtp::Reply{550, "5.6.0", "a line is longer than 998 octets (RFC 5322 2.1.1)"};
    }
    mime::Wishes wishes;
    wishes.long_lines = arrival->has_long_line();
    wishes.eight_bit = arrival->has_eight_bit() && rules.eight_bit == conf::EightBit::Encode;
    if (!wishes.long_lines && !wishes.eight_bit) {
        co_return std::nullopt;
    }
    if (arrival->memory_ && !arrival->memory_.grow(Recoding::kMemory)) {
        co_return smtp::Reply{452, "4.3.1", "no memory to encode the message now, try again later"};
    }
    Recoding recoding(spool_, workers_, *arrival);
    auto reason = co_await recoding.survey(wishes);
    if (reason || !recoding.is_needed()) {
        co_return reason;
    }
    // NB: `limits.message_size` is for what clients send; encoding may make three octets of one.
    auto encoded = std::make_unique<Arrival>(spool_,
                                             committer_,
                                             std::move(arrival->memory_),
                                             setup.config->dkim.body_canonicalization,
                                             std::numeric_limits<std::uint64_t>::max());
    reason = co_await recoding.write(*encoded);
    if (!reason) {
        reason = objection(*encoded);
    }
    arrival = std::move(encoded);
    co_return reason;
}

/// By then it may have been delivered already: the history puts it first.
void Intake::note_accepted(const queue::Envelope& envelope,
                           const Origin& origin,
                           std::optional<queue::MessageId> about) {
    using history::Field;
    history::Event event;
    event.id = envelope.id;
    event.time = envelope.accepted;
    event.kind = history::Kind::Accepted;
    event.fields.reserve(8);
    event.add(Field::Client, envelope.client);
    if (!origin.user.empty()) {
        event.add(Field::User, origin.user);
    }
    if (!origin.tls.empty()) {
        event.add(Field::Tls, origin.tls);
    }
    event.add(Field::From, envelope.sender.is_null() ? "<>" : envelope.sender.text())
        .add(Field::To, envelope.recipients.front().address.text());
    if (envelope.recipients.size() > 1) {
        event.add(Field::Recipients, std::to_string(envelope.recipients.size()));
    }
    event.add(Field::Size, std::to_string(envelope.size)).add(Field::Signed, envelope.signed_by);
    if (about) {
        event.add(Field::About, about->text());
    }
    spool_.history().note(std::move(event));
}

net::Task<smtp::Reply> Intake::finish(std::unique_ptr<Arrival> arrival,
                                      smtp::Transaction transaction,
                                      Origin origin) {
    const auto begun = std::chrono::steady_clock::now();
    const auto now = wall_clock();
    const auto setup = current_.get();
    arrival->end();
    if (auto reason = objection(*arrival)) {
        co_return refuse(std::move(*reason));
    }
    if (auto reason = co_await make_sendable(arrival, setup)) {
        co_return refuse(std::move(*reason));
    }
    const auto received = dkim::Header::parse(arrival->header());
    if (!received) {
        co_return refuse({550, "5.6.0", received.error().message()});
    }
    auto judged =
        judge_header(*received, {transaction.sender, origin.senders}, setup.config->intake);
    if (auto* reply = std::get_if<smtp::Reply>(&judged)) {
        co_return refuse(std::move(*reply));
    }
    const auto domains = dkim::domains_of(std::get<std::vector<dkim::Author>>(judged));

    Trace trace;
    trace.id = arrival->id_;
    trace.hostname = setup.config->hostname.text();
    if (setup.config->intake.received_client == conf::ReceivedClient::Full) {
        trace.helo = origin.helo;
        trace.client = origin.client;
    }
    trace.extended = origin.extended;
    trace.tls = !origin.tls.empty();
    trace.authenticated = !origin.user.empty();
    trace.utf8 = transaction.utf8;
    trace.only_recipient =
        transaction.recipients.size() == 1 ? transaction.recipients.front().address.text() : "";
    trace.sender = transaction.sender.text();
    trace.origin = setup.config->intake.origin;
    trace.now = now;
    auto content = std::make_shared<queue::Content>();
    content->header = final_header(*received, trace);
    const auto digest = arrival->hash_.finish();
    auto outcome = sign(setup, metrics_, content->header, domains, digest, now);
    if (auto* reply = std::get_if<smtp::Reply>(&outcome)) {
        co_return refuse(std::move(*reply));
    }
    auto& signatures = std::get<Signatures>(outcome);
    content->signatures = std::move(signatures.fields);
    content->body_hash = packed(digest);
    content->body_size = arrival->body_size_;

    if (arrival->chunks_ > 0) {
        if (!arrival->body_.empty()) {
            const auto spilt = co_await spool_.add_chunk(
                arrival->id_, arrival->chunks_++, std::move(arrival->body_));
            if (!spilt) {
                co_return refuse(store_refusal(spilt.error()));
            }
        }
        content->chunks = arrival->chunks_;
    } else {
        content->body = std::move(arrival->body_);
    }

    const auto queued = spool_.now();
    auto message = std::make_shared<queue::Message>();
    auto& envelope = message->envelope;
    envelope.id = arrival->id_;
    envelope.sender = transaction.sender;
    envelope.ret = transaction.ret;
    envelope.envelope_id = std::move(transaction.envelope_id);
    for (auto& asked : transaction.recipients) {
        queue::Recipient recipient;
        recipient.address = std::move(asked.address);
        recipient.dsn = std::move(asked.dsn);
        recipient.due = queued;
        envelope.recipients.push_back(std::move(recipient));
    }
    envelope.body = arrival->eight_bit_ ? queue::BodyKind::EightBitMime : queue::BodyKind::SevenBit;
    envelope.utf8 = transaction.utf8;
    envelope.require_tls = transaction.require_tls;
    mark_characters(envelope, content->header);
    envelope.accepted = queued;
    envelope.client = origin.client;
    envelope.author_domain = joined(domains);
    envelope.signed_by = signatures.by;
    envelope.size = content->signatures.size() + content->header.size() + 2 + content->body_size;
    message->content = std::move(content);

    arrival->expectation_.release();  // it is here: nothing to wait for on its account
    const auto stored = co_await spool_.accept(message);
    if (!stored) {
        log::Event(log::Level::Error, "not-stored")
            .field("id", envelope.id.text())
            .field("error", stored.error().message());
        co_return refuse(store_refusal(stored.error()));
    }
    arrival->accepted_ = true;
    metrics_.accept_seconds.observe(std::chrono::steady_clock::now() - begun);
    note_accepted(envelope, origin);
    if (log::enabled(log::Level::Info)) {
        std::string to = envelope.recipients.front().address.text();
        if (envelope.recipients.size() > 1) {
            to += " and " + std::to_string(envelope.recipients.size() - 1) + " more";
        }
        log::Event event(log::Level::Info, "accepted");
        event.field("id", envelope.id.text()).field("client", origin.client);
        if (!origin.user.empty()) {
            event.field("user", origin.user);
        }
        if (!origin.tls.empty()) {
            event.field("tls", origin.tls);
        }
        event
            .field("from",
                   envelope.sender.is_null() ? std::string_view("<>")
                                             : std::string_view(envelope.sender.text()))
            .field("to", to)
            .field("size", static_cast<std::int64_t>(envelope.size))
            .field("signed", envelope.signed_by);
    }
    co_return smtp::Reply{250, "2.0.0", "queued as " + envelope.id.text()};
}

net::Task<conf::Result<void>> Intake::accept_notice(std::string text,
                                                    queue::Address to,
                                                    Notice notice) {
    const auto now = wall_clock();
    const auto setup = current_.get();
    const auto empty_line = text.find("\r\n\r\n");
    const std::string_view whole(text);
    const auto written = dkim::Header::parse(whole.substr(0, empty_line + 2));
    if (!written) {
        co_return written.error();
    }
    Trace trace;
    trace.id = spool_.next_id();
    trace.hostname = setup.config->hostname.text();
    trace.extended = true;
    trace.only_recipient = to.text();
    trace.utf8 = !to.is_ascii();
    trace.now = now;
    auto content = std::make_shared<queue::Content>();
    content->header = final_header(*written, trace);
    content->body = whole.substr(empty_line + 4);
    content->body_size = content->body.size();
    dkim::BodyHash hash(setup.config->dkim.body_canonicalization);
    hash.update(content->body);
    const auto digest = hash.finish();
    content->body_hash = packed(digest);
    auto outcome =
        sign(setup, metrics_, content->header, {setup.config->postmaster_domain}, digest, now);
    if (const auto* reply = std::get_if<smtp::Reply>(&outcome)) {
        co_return conf::Error{{}, reply->text};
    }
    auto& signatures = std::get<Signatures>(outcome);
    content->signatures = std::move(signatures.fields);

    auto message = std::make_shared<queue::Message>();
    auto& envelope = message->envelope;
    envelope.id = trace.id;
    envelope.accepted = spool_.now();
    queue::Recipient recipient;
    recipient.address = std::move(to);
    recipient.due = envelope.accepted;
    envelope.recipients.push_back(std::move(recipient));
    envelope.client = "local";
    // RFC 6533: a report on addresses beyond ASCII is 8-bit, one to such an address has it in To:.
    envelope.body =
        conf::is_ascii(content->body) ? queue::BodyKind::SevenBit : queue::BodyKind::EightBitMime;
    envelope.utf8 = trace.utf8;
    // RFC 8689 5: a report is protected like its message.
    envelope.require_tls = notice.envelope->require_tls;
    mark_characters(envelope, content->header);
    envelope.author_domain = setup.config->postmaster_domain.text();
    envelope.signed_by = signatures.by;
    envelope.size = content->signatures.size() + content->header.size() + 2 + content->body_size;
    message->content = std::move(content);
    const auto stored = co_await spool_.accept_notice(message, notice);
    if (!stored) {
        co_return stored.error();
    }
    if (*stored == Spool::Report::Stored) {
        log::Event(log::Level::Info, "notice")
            .field("id", envelope.id.text())
            .field("for", notice.envelope->id.text())
            .field("to", envelope.recipients.front().address.text())
            .field("action", notice.action());
        spool_.history().note(notice.envelope->id,
                              history::Kind::Notice,
                              {{history::Field::Report, envelope.id.text()},
                               {history::Field::To, envelope.recipients.front().address.text()}});
        Origin local;
        local.client = envelope.client;
        note_accepted(envelope, local, notice.envelope->id);
    }
    co_return conf::Result<void>();
}

bool Intake::may_leave(const queue::EnvelopeHead& envelope) const {
    return relay::may_leave(current_.get(), envelope, wall_clock());
}

conf::Result<Signatures> Intake::sign_again(const queue::EnvelopeHead& envelope,
                                            const queue::Content& content) {
    return relay::sign_again(current_.get(), metrics_, envelope, content, wall_clock());
}

net::Task<std::optional<std::string>> Intake::probe() {
    const auto now = wall_clock();
    const auto setup = current_.get();
    if (const auto room = spool_.has_room(0); !room) {
        co_return room.error().message();
    }
    std::function<std::optional<std::string>()> sign_and_verify = [keys = setup.keys, now] {
        return fault_of(*keys, now);
    };
    auto fault = co_await workers_.run<std::optional<std::string>>(std::move(sign_and_verify));
    if (fault) {
        co_return fault;
    }
    Committer::Changes changes;
    changes.emplace_back(queue::Remember{
        "probe", "ready", std::to_string(now.time_since_epoch().count()), std::nullopt});
    const auto written = co_await committer_.commit(std::move(changes));
    if (!written) {
        co_return written.error().message();
    }
    co_return std::nullopt;
}

}  // namespace relay
