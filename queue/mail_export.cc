#include "queue/mail_export.h"

#include <algorithm>
#include <utility>

#include "queue/errors.h"

namespace queue {
namespace {

constexpr std::string_view kHeldForExport = "held by a person: exported to ";
constexpr std::size_t kPartsAtOnce = 200;

/// One topic for each message: what is asked of the store is one row.
std::string topic_of(MessageId id) {
    return "exported/" + id.text();
}

/// The whole file is right; its digest.
conf::Result<std::string> digest_of(const MailFolder& folder, const std::string& name) {
    auto file = folder.open_file(name);
    if (!file) {
        return file.error();
    }
    auto reader = MailReader::open(std::move(*file), folder.path_of(name));
    if (!reader) {
        return reader.error();
    }
    if (const auto head = reader->head(); !head) {
        return head.error();
    }
    for (;;) {
        const auto piece = reader->piece();
        if (!piece) {
            return piece.error();
        }
        if (!*piece) {
            return reader->digest();
        }
    }
}

}  // namespace

std::string export_reason(const std::string& folder) {
    std::string reason = std::string(kHeldForExport) + folder;
    // It is shown, and a folder may have any name.
    std::replace_if(
        reason.begin(), reason.end(), [](char c) { return c < ' ' || c > '~'; }, '?');
    return reason;
}

bool is_held_for_export(const Hold& hold) {
    // A folder begins with a slash, which what people say after these words does not.
    return hold.person && hold.reason.starts_with(std::string(kHeldForExport) + "/");
}

conf::Result<bool> MailExport::step() {
    if (!writer_) {
        if (auto begun = begin(); !begun) {
            return begun.error();
        }
    }
    const int pieces = std::max(stored_.content.chunks, 1);
    for (std::size_t octets = 0; next_ < pieces && octets < kStep; ++next_) {
        const auto body = store_.read_body(id_, next_);
        if (!body) {
            return body.error();
        }
        octets += body->size();
        if (auto written = writer_->piece(*body); !written) {
            return written.error();
        }
    }
    if (next_ < pieces) {
        return true;
    }
    auto digest = writer_->end();
    if (!digest) {
        return digest.error();
    }
    digest_ = std::move(*digest);
    writer_.reset();
    return false;
}

conf::Result<void> MailExport::begin() {
    auto stored = store_.load(id_);
    if (!stored) {
        return stored.error();
    }
    const std::string mail = MailFolder::mail_name(id_);
    const auto there = folder_.has(mail);
    if (!there) {
        return there.error();
    }
    if (*there) {
        return conf::Error{{}, folder_.path_of(mail) + " is there already: import it first"};
    }
    auto file = folder_.create_part(id_);
    if (!file) {
        return file.error();
    }
    stored_ = std::move(*stored);
    next_ = 0;
    writer_.emplace(std::move(*file), folder_.path_of(MailFolder::part_name(id_)));
    return writer_->begin(stored_.envelope, stored_.content);
}

bool is_unchanged(const Stored& now, const Written& written) {
    const Stored& then = written.stored;
    return now.due && now.due == then.due && now.envelope == then.envelope &&
           now.content.signatures == then.content.signatures && now.envelope.hold.person &&
           !now.envelope.hold.reason.empty();
}

std::vector<Change> removal(const Written& written) {
    const auto id = written.stored.envelope.id;
    std::vector<Change> changes;
    changes.emplace_back(Remove{id});
    changes.emplace_back(Remember{topic_of(id), written.digest, "", std::nullopt});
    return changes;
}

Change forget_export(MessageId id, const std::string& digest) {
    return Forget{topic_of(id), digest};
}

conf::Result<Leftovers> finish_parts(Store& store,
                                     const MailFolder& folder,
                                     const std::string& after) {
    const auto names = folder.names(".part", after, kPartsAtOnce);
    if (!names) {
        return names.error();
    }
    Leftovers left;
    for (const std::string& name : *names) {
        const auto id = MessageId::parse(name.substr(0, name.size() - std::size(".part") + 1));
        if (!id || MailFolder::part_name(*id) != name) {
            continue;
        }
        const auto known = store.recall(topic_of(*id));
        if (!known) {
            return known.error();
        }
        if (known->empty()) {
            continue;  // another relay's, or of a message that is still here
        }
        const auto digest = digest_of(folder, name);
        if (!digest) {
            return digest.error();
        }
        if (!known->contains(*digest)) {
            continue;
        }
        if (auto kept = folder.keep(*id); !kept) {
            return kept.error();
        }
        left.forget.push_back(forget_export(*id, *digest));
    }
    if (!left.forget.empty()) {
        if (auto synced = folder.sync(); !synced) {
            return synced.error();
        }
    }
    if (names->size() == kPartsAtOnce) {
        left.last = names->back();
    }
    return left;
}

}  // namespace queue
