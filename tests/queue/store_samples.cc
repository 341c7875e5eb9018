#include "tests/queue/store_samples.h"

namespace queue {
namespace {

const Instant kStart =
    Instant(std::chrono::sys_days(std::chrono::year{2026} / std::chrono::May / 4));
const Instant kIdEpoch =
    Instant(std::chrono::sys_days(std::chrono::year{2024} / std::chrono::January / 1));

}  // namespace

Instant at(std::int64_t ms) {
    return kStart + Duration(ms);
}

MessageId id_at(std::int64_t ms, int sequence) {
    return MessageId((at(ms) - kIdEpoch).count() << 21 | 1 << 11 | sequence);
}

std::shared_ptr<const Message> make_message(const Sample& sample) {
    auto message = std::make_shared<Message>();
    Envelope& envelope = message->envelope;
    envelope.id = id_at(sample.ms);
    if (!sample.sender.empty()) {
        envelope.sender = Address::parse(sample.sender).value();
    }
    for (const std::string& text : sample.recipients) {
        Recipient recipient;
        recipient.address = Address::parse(text).value();
        recipient.due = at(sample.ms);
        recipient.dsn = {{.success = true, .delay = true}, "rfc822;" + text};
        envelope.recipients.push_back(recipient);
    }
    envelope.accepted = at(sample.ms);
    envelope.client = "192.0.2.7";
    envelope.author_domain = "example.com";
    envelope.signed_by = "example.com/2026a";
    envelope.size = sample.size;
    envelope.ret = ReturnedPart::Full;
    envelope.envelope_id = "id+2B" + std::to_string(sample.ms);
    if (!sample.hold.empty()) {
        envelope.hold = Hold{sample.hold, at(sample.ms), false};
    }
    auto content = std::make_shared<Content>();
    content->signatures = "DKIM-Signature: s\r\n";
    content->header = "From: sender@example.com\r\nSubject: " + std::to_string(sample.ms) + "\r\n";
    content->chunks = sample.chunks;
    if (sample.chunks == 0) {
        content->body = std::string(sample.body, 'b') + std::to_string(sample.ms);
    }
    content->body_size = content->body.size();
    content->body_hash = std::string("relaxed\0hash", 12);
    message->content = std::move(content);
    return message;
}

std::shared_ptr<const Envelope> with_hold(Envelope envelope, const std::string& reason) {
    envelope.hold = Hold{reason, reason.empty() ? Instant() : envelope.accepted, false};
    return std::make_shared<const Envelope>(std::move(envelope));
}

}  // namespace queue
