#include "relay/intake.h"

#include <algorithm>
#include <utility>

#include "conf/utf8.h"
#include "dkim/author.h"
#include "dkim/field.h"
#include "queue/errors.h"
#include "relay/clock.h"
#include "relay/log.h"
#include "relay/trace_header.h"

namespace relay {

namespace {

constexpr std::size_t kMaxReceived = 100;  // RFC 5321 6.3 asks for 100 at least

std::string packed(const dkim::Digest& digest) {
    std::string result(1, digest.canonicalization == conf::Canonicalization::Simple ? 's' : 'r');
    result.append(digest.sha256.begin(), digest.sha256.end());
    return result;
}

/// RFC 5322 3.6.2 and RFC 6409 6.1: a client that is limited in its senders is limited in From:,
/// too.
std::optional<smtp::Reply> judge_authors(const std::vector<dkim::Author>& authors,
                                         const Origin& origin) {
    if (origin.senders == nullptr) {
        return std::nullopt;
    }
    for (const auto& author : authors) {
        if (!origin.senders->allow(author.local_part, author.domain.text())) {
            return smtp::Reply{550,
                               "5.7.1",
                               "you may not write as " + author.local_part + "@" +
                                   author.domain.text() + " (From:)"};
        }
    }
    return std::nullopt;
}

bool is_ascii(std::string_view text) {
    return std::all_of(
        text.begin(), text.end(), [](char c) { return static_cast<unsigned char>(c) < 0x80; });
}

/// RFC 6532: what a header beyond ASCII means for the way out. Where SMTPUTF8 was not said, or the
/// octets are no UTF-8, it is 8-bit text as it always came.
void mark_characters(queue::Envelope& envelope, std::string_view header) {
    if (!is_ascii(header)) {
        envelope.body = queue::BodyKind::EightBitMime;
        envelope.utf8_header = envelope.utf8 && conf::is_utf8(header);
    }
}

std::string joined(const std::vector<conf::DomainName>& names) {
    std::string result;
    for (const auto& name : names) {
        result += (result.empty() ? "" : ",") + name.text();
    }
    return result;
}

}  // namespace

Intake::BodyCheck::BodyCheck(const std::string& stored)
    : stored_(stored),
      hash_(stored.starts_with('s') ? conf::Canonicalization::Simple
                                    : conf::Canonicalization::Relaxed) {}

bool Intake::BodyCheck::matches() {
    return packed(hash_.finish()) == stored_;
}

smtp::Reply Intake::refusal(const conf::Error& error) {
    if (error.code == queue::errc::StoreFull) {
        return {452, "4.3.1", "insufficient system storage"};
    }
    return {451, "4.3.0", "the queue cannot be written, try again later"};
}

Intake::Intake(Current& current, Spool& spool, Committer& committer, Metrics& metrics)
    : current_(current),
      memory_(current.get().config->limits.memory_for_receiving()),
      spool_(spool),
      committer_(committer),
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
    if (!domain || current_.get().config->find_domain(*domain) == nullptr) {
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
        return refusal(room.error());
    }
    return std::nullopt;
}

smtp::Reply Intake::refuse(smtp::Reply reply) {
    metrics_.messages_rejected.add({std::to_string(reply.code)});
    return reply;
}

std::variant<Intake::Signed, smtp::Reply> Intake::sign(const Setup& setup,
                                                       const std::string& header,
                                                       const std::vector<conf::DomainName>& authors,
                                                       const dkim::Digest& body,
                                                       queue::Instant now) {
    const auto fields = dkim::Header::parse(header);
    if (!fields) {
        return smtp::Reply{550, "5.6.0", fields.error().message()};
    }
    Signed result;
    // RFC 6376 5.1 and RFC 5322 3.6.2: every author's domain must be one that we speak for.
    for (const auto& author : authors) {
        switch (setup.keys->standing(author, now)) {
            case dkim::KeyRing::Standing::Unknown:
                return smtp::Reply{
                    550,
                    "5.7.1",
                    "From: domain " + author.text() + " is not one that this relay signs for"};
            case dkim::KeyRing::Standing::EnvelopeOnly:
                return smtp::Reply{
                    550,
                    "5.7.1",
                    "From: domain " + author.text() + " may be used in MAIL FROM only"};
            case dkim::KeyRing::Standing::KeyUnusable:
                return smtp::Reply{
                    451,
                    "4.7.0",
                    "no usable signing key for " + author.text() + " now, try again later"};
            case dkim::KeyRing::Standing::Signs:
                break;
        }
        for (const auto* signer : setup.keys->signers(author, now)) {
            auto field = signer->sign(*fields, body, now);
            if (!field) {
                log::Event(log::Level::Error, "signing")
                    .field("domain", author.text())
                    .field("selector", signer->selector())
                    .field("error", field.error().message());
                return smtp::Reply{
                    451, "4.7.0", "signing for " + author.text() + " failed, try again later"};
            }
            result.fields += *field;
            result.by += (result.by.empty() ? "" : ",") + author.text() + "/" + signer->selector();
            metrics_.messages_signed.add({author.text(), signer->selector()});
        }
    }
    return result;
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
    const auto received = dkim::Header::parse(arrival->header_);
    if (!received) {
        co_return refuse({550, "5.6.0", received.error().message()});
    }
    if (received->count("Received") > kMaxReceived) {
        co_return refuse(
            {554, "5.4.6", "too many hops: the message has more than 100 Received fields"});
    }
    // RFC 5322 3.6: exactly one From. None is repaired from the envelope, two are somebody's trick.
    if (received->count("From") > 1) {
        co_return refuse({550, "5.6.0", "the message has more than one From field"});
    }
    if (received->count("From") == 0 && transaction.sender.is_null()) {
        co_return refuse(
            {550, "5.6.0", "the message has no From field and its envelope sender is null"});
    }
    const auto* from = received->find("From");
    const auto authors =
        dkim::authors(from != nullptr ? from->value : std::string_view(transaction.sender.text()));
    if (!authors) {
        co_return refuse({550, "5.6.0", authors.error().message()});
    }
    if (auto reason = judge_authors(*authors, origin)) {
        co_return refuse(std::move(*reason));
    }
    const auto domains = dkim::domains_of(*authors);

    Trace trace;
    trace.id = arrival->id_;
    trace.hostname = setup.config->hostname.text();
    trace.helo = origin.helo;
    trace.client = origin.client;
    trace.extended = origin.extended;
    trace.tls = !origin.tls.empty();
    trace.authenticated = !origin.user.empty();
    trace.utf8 = transaction.utf8;
    trace.only_recipient =
        transaction.recipients.size() == 1 ? transaction.recipients.front().address.text() : "";
    trace.sender = transaction.sender.text();
    trace.now = now;
    auto content = std::make_shared<queue::Content>();
    content->header = final_header(*received, trace);
    const auto digest = arrival->hash_.finish();
    auto outcome = sign(setup, content->header, domains, digest, now);
    if (auto* reply = std::get_if<smtp::Reply>(&outcome)) {
        co_return refuse(std::move(*reply));
    }
    auto& signatures = std::get<Signed>(outcome);
    content->signatures = std::move(signatures.fields);
    content->body_hash = packed(digest);
    content->body_size = arrival->body_size_;

    if (arrival->chunks_ > 0) {
        if (!arrival->body_.empty()) {
            const auto spilt = co_await spool_.add_chunk(
                arrival->id_, arrival->chunks_++, std::move(arrival->body_));
            if (!spilt) {
                co_return refuse(refusal(spilt.error()));
            }
        }
        content->chunks = arrival->chunks_;
    } else {
        content->body = std::move(arrival->body_);
    }

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
        recipient.due = now;
        envelope.recipients.push_back(std::move(recipient));
    }
    envelope.body = arrival->eight_bit_ ? queue::BodyKind::EightBitMime : queue::BodyKind::SevenBit;
    envelope.utf8 = transaction.utf8;
    mark_characters(envelope, content->header);
    envelope.accepted = now;
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
        co_return refuse(refusal(stored.error()));
    }
    arrival->accepted_ = true;
    metrics_.accept_seconds.observe(std::chrono::steady_clock::now() - begun);
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
    auto outcome = sign(setup, content->header, {setup.config->postmaster_domain}, digest, now);
    if (const auto* reply = std::get_if<smtp::Reply>(&outcome)) {
        co_return conf::Error{{}, reply->text};
    }
    auto& signatures = std::get<Signed>(outcome);
    content->signatures = std::move(signatures.fields);

    auto message = std::make_shared<queue::Message>();
    auto& envelope = message->envelope;
    envelope.id = trace.id;
    queue::Recipient recipient;
    recipient.address = std::move(to);
    recipient.due = now;
    envelope.recipients.push_back(std::move(recipient));
    envelope.accepted = now;
    envelope.client = "local";
    // RFC 6533: a report on addresses beyond ASCII is 8-bit, one to such an address has it in To:.
    envelope.body =
        is_ascii(content->body) ? queue::BodyKind::SevenBit : queue::BodyKind::EightBitMime;
    envelope.utf8 = trace.utf8;
    mark_characters(envelope, content->header);
    envelope.author_domain = setup.config->postmaster_domain.text();
    envelope.signed_by = signatures.by;
    envelope.size = content->signatures.size() + content->header.size() + 2 + content->body_size;
    message->content = std::move(content);
    const auto stored = co_await spool_.accept_notice(message, notice);
    if (stored) {
        log::Event(log::Level::Info, "notice")
            .field("id", envelope.id.text())
            .field("for", notice.envelope->id.text())
            .field("to", envelope.recipients.front().address.text());
    }
    co_return stored;
}

net::Task<std::optional<std::string>> Intake::probe() {
    const auto now = wall_clock();
    const auto setup = current_.get();
    if (const auto room = spool_.has_room(0); !room) {
        co_return room.error().message();
    }
    for (const auto& domain : setup.keys->domains()) {
        const auto standing = setup.keys->standing(domain, now);
        if (standing == dkim::KeyRing::Standing::KeyUnusable) {
            co_return "no usable signing key for " + domain.text();
        }
        for (const auto* signer : setup.keys->signers(domain, now)) {
            const std::string header = "From: <postmaster@" + domain.text() + ">\r\n";
            const auto fields = dkim::Header::parse(header);
            dkim::BodyHash hash(setup.config->dkim.body_canonicalization);
            if (const auto field = signer->sign(*fields, hash.finish(), now); !field) {
                co_return "signing for " + domain.text() + ": " + field.error().message();
            }
        }
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
