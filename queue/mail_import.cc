#include "queue/mail_import.h"

#include <algorithm>
#include <utility>

#include "queue/errors.h"
#include "queue/mail_export.h"

namespace queue {
namespace {

std::string topic_of(MessageId id) {
    return "imported/" + id.text();
}

}  // namespace

conf::Result<MailImport> MailImport::open(const MailFolder& folder, const std::string& name) {
    auto file = folder.open_file(name);
    if (!file) {
        return file.error();
    }
    const std::string path = folder.path_of(name);
    auto reader = MailReader::open(std::move(*file), path);
    if (!reader) {
        return reader.error();
    }
    return MailImport(std::move(*reader), path);
}

conf::Result<bool> MailImport::verify() {
    if (!headed_) {
        auto head = reader_.head();
        if (!head) {
            return head.error();
        }
        headed_ = true;
        rows_in_file_ = head->content.chunks;
        octets_ =
            head->content.body_size + head->content.header.size() + head->content.signatures.size();
        envelope_ = std::move(head->envelope);
        return true;
    }
    const auto piece = reader_.piece();
    if (!piece) {
        return piece.error();
    }
    if (*piece) {
        return true;
    }
    digest_ = reader_.digest();
    return false;
}

conf::Result<bool> MailImport::is_known(Store& store) const {
    const auto known = store.recall(topic_of(envelope_.id));
    if (!known) {
        return known.error();
    }
    return known->contains(digest_);
}

Change MailImport::fact(MessageId taken_as, Instant now) const {
    return Remember{topic_of(envelope_.id), digest_, taken_as.text(), now + kRemembered};
}

conf::Result<void> MailImport::begin() {
    rest_.clear();
    rows_ = 0;
    if (auto done = reader_.rewind(); !done) {
        return done;
    }
    auto head = reader_.head();
    if (!head) {
        return head.error();
    }
    head_ = std::move(*head);
    return {};
}

conf::Result<std::optional<std::string>> MailImport::next_row() {
    if (head_.content.chunks == 0) {
        return std::optional<std::string>();
    }
    while (rest_.empty()) {
        auto piece = reader_.piece();
        if (!piece) {
            return piece.error();
        }
        if (!*piece) {
            return std::optional<std::string>();
        }
        rest_ = std::move(**piece);
    }
    ++rows_;
    if (rest_.size() <= kChunkSize) {
        return std::optional(std::exchange(rest_, {}));
    }
    std::string row = rest_.substr(0, kChunkSize);
    rest_.erase(0, kChunkSize);
    return std::optional(std::move(row));
}

conf::Result<std::shared_ptr<Message>> MailImport::finish(MessageId id) {
    if (head_.content.chunks == 0) {
        auto body = reader_.piece();
        if (!body) {
            return body.error();
        }
        head_.content.body = body->value_or("");
        if (const auto end = reader_.piece(); !end) {
            return end.error();
        }
    }
    if (reader_.digest() != digest_) {
        return error(errc::Damaged, name_ + ": it changes while it is read");
    }
    auto message = std::make_shared<Message>();
    Envelope& envelope = message->envelope;
    envelope = std::move(head_.envelope);
    envelope.id = id;
    if (!envelope.hold.person || is_held_for_export(envelope.hold)) {
        envelope.hold = {};
    }
    envelope.signed_by.clear();
    auto content = std::make_shared<Content>(std::move(head_.content));
    content->chunks = rows_;
    envelope.size = content->signatures.size() + content->header.size() + 2 + content->body_size;
    message->content = std::move(content);
    return message;
}

Instant first_look(const Envelope& envelope, Instant now) {
    Instant first = Instant::max();
    for (const Recipient& recipient : envelope.recipients) {
        if (!recipient.is_open()) {
            continue;
        }
        const bool ended = recipient.awaits_report() || recipient.due == Instant::max() ||
                           (recipient.last && recipient.last->kind == Outcome::Kind::Failed);
        first = std::min(first, ended ? now : recipient.due);
    }
    return first;
}

}  // namespace queue
