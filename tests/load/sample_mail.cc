#include "tests/load/sample_mail.h"

#include <algorithm>
#include <string_view>

#include "relay/body_digest.h"
#include "tests/load/options.h"

namespace load {
namespace {

constexpr const char* kHeader =
    "Received: from client.example.com (client.example.com [192.0.2.1])\r\n"
    "\tby relay.example.org with ESMTP id 0123456789abc; Mon, 1 Jun 2026 10:00:00 +0000\r\n"
    "Date: Mon, 1 Jun 2026 10:00:00 +0000\r\n"
    "From: Example Shop <app@example.com>\r\n"
    "To: Some Body <somebody@example.net>\r\n"
    "Subject: Your order of today, with a subject that is long enough\r\n to be folded once\r\n"
    "Message-ID: <20260601100000.0123456789@mail.example.com>\r\n"
    "List-Unsubscribe: <https://example.com/unsubscribe/0123456789abcdef>\r\n"
    "MIME-Version: 1.0\r\n"
    "Content-Type: text/plain; charset=us-ascii\r\n";

std::string letters(std::size_t size) {
    static constexpr std::string_view kLetters =
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789+/";
    std::string text;
    unsigned state = 1;
    while (text.size() < size) {
        state = state * 1664525U + 1013904223U;
        text += kLetters[(state >> 16) % kLetters.size()];
    }
    return text;
}

std::string signature_field() {
    return "DKIM-Signature: v=1; a=rsa-sha256; c=relaxed/relaxed; d=example.com; s=r1;\r\n"
           "\th=date:from:to:subject:message-id:list-unsubscribe:mime-version:content-type;\r\n"
           "\tbh=" +
           letters(43) + "=;\r\n\tb=" + letters(342) + "==\r\n";
}

std::string body_of(std::size_t size) {
    std::string body;
    while (body.size() < size) {
        body += letters(std::min<std::size_t>(74, size - body.size())) + "\r\n";
    }
    return body;
}

queue::Address address(const std::string& text) {
    auto parsed = queue::Address::parse(text);
    if (!parsed) {
        fail(text + " is no address");
    }
    return std::move(*parsed);
}

}  // namespace

SampleMail::SampleMail(std::size_t size, std::size_t domains, const std::string& suffix) {
    queue::Content content;
    content.signatures = signature_field();
    content.header = kHeader;
    const std::size_t around = content.signatures.size() + content.header.size() + 2;
    content.body = body_of(size > around + 2 ? size - around - 2 : 0);
    content.body_size = content.body.size();
    dkim::BodyHash hash(conf::Canonicalization::Relaxed);
    hash.update(content.body);
    content.body_hash = relay::packed(hash.finish());

    const queue::Address sender = address("app@example.com");
    for (std::size_t n = 0; n < domains; ++n) {
        queue::Envelope envelope;
        envelope.sender = sender;
        envelope.client = "192.0.2.7";
        envelope.author_domain = "example.com";
        envelope.signed_by = "example.com/r1";
        envelope.size = around + content.body_size;
        queue::Recipient recipient;
        recipient.address = address("somebody@d" + std::to_string(n) + ".s" +
                                    std::to_string(n % kSites) + "." + suffix);
        envelope.recipients.push_back(std::move(recipient));
        envelopes_.push_back(std::move(envelope));
    }
    content_ = std::make_shared<const queue::Content>(std::move(content));
}

std::size_t SampleMail::payload() const {
    return content_->signatures.size() + content_->header.size() + content_->body.size();
}

queue::Message SampleMail::message(queue::MessageId id,
                                   std::uint64_t number,
                                   queue::Instant accepted) const {
    queue::Message message{envelopes_[number % envelopes_.size()], content_};
    message.envelope.id = id;
    message.envelope.accepted = accepted;
    message.envelope.recipients.front().due = accepted;
    return message;
}

queue::Envelope SampleMail::deferred(queue::Envelope envelope, queue::Instant due) {
    queue::Recipient& recipient = envelope.recipients.front();
    recipient.attempts = 1;
    recipient.due = due;
    queue::Outcome outcome;
    outcome.kind = queue::Outcome::Kind::Deferred;
    outcome.status = {4, 2, 0};
    outcome.text = "450 4.2.0 greylisted, try again in five minutes";
    outcome.host = "mx." + std::string(recipient.address.domain());
    outcome.ip = "192.0.2.1";
    outcome.remote = true;
    recipient.last = std::move(outcome);
    return envelope;
}

}  // namespace load
