#include "relay/cli/stopped_moves.h"

#include <iterator>
#include <memory>
#include <utility>
#include <vector>

#include "queue/errors.h"
#include "queue/mail_export.h"
#include "queue/mail_import.h"
#include "relay/clock.h"

namespace relay::cli {

namespace {

using ::queue::MailFolder;
using ::queue::MessageId;
using Changes = std::vector<::queue::Change>;

constexpr std::size_t kBatch = 50;
constexpr std::size_t kBatchOctets = std::size_t{4} * 1024 * 1024;
constexpr std::size_t kNamesAtOnce = 1000;
constexpr int kCollisions = 16;

history::Event event_of(MessageId id, history::Kind kind, const std::string& reason) {
    history::Event event;
    event.id = id;
    event.time = wall_clock();
    event.kind = kind;
    event.add(history::Field::By, "a person").add(history::Field::Reason, reason);
    return event;
}

class Exporting {
public:
    Exporting(::queue::Store& store, history::HistoryStore* history, const MailFolder& folder)
        : store_(store), history_(history), folder_(folder) {}

    Exported run(const ::queue::Filter& filter) {
        if (const auto done = go_through(filter); !done) {
            exported_.error = done.error().message();
        }
        return std::move(exported_);
    }

private:
    conf::Result<void> go_through(const ::queue::Filter& filter) {
        if (auto finished = finish_leftovers(); !finished) {
            return finished;
        }
        for (std::optional<MessageId> from = MessageId(0); from;) {
            const auto page = store_.query(filter, *from);
            if (!page) {
                return page.error();
            }
            for (const auto& [envelope, due] : page->messages) {
                if (auto written = write(envelope.id); !written) {
                    return written;
                }
            }
            exported_.left += page->damaged.size();
            from = page->next;
        }
        return move();
    }

    conf::Result<void> finish_leftovers() {
        std::string after;
        do {
            auto left = ::queue::finish_parts(store_, folder_, after);
            if (!left) {
                return left.error();
            }
            exported_.exported += left->forget.size();
            if (auto done = store_.commit(left->forget); !done) {
                return done;
            }
            after = left->last;
        } while (!after.empty());
        return {};
    }

    conf::Result<void> write(MessageId id) {
        ::queue::MailExport writing(store_, folder_, id);
        for (bool more = true; more;) {
            const auto stepped = writing.step();
            if (!stepped) {
                const auto& error = stepped.error();
                if (error.code && error.code != ::queue::errc::Damaged) {
                    return error;
                }
                ++exported_.left;  // this message alone is the matter
                exported_.error = error.message();
                return {};
            }
            more = *stepped;
        }
        batch_.push_back({writing.stored(), writing.digest()});
        batch_.back().stored.content.header.clear();
        octets_ += batch_.back().stored.envelope.size;
        return batch_.size() < kBatch && octets_ < kBatchOctets ? conf::Result<void>() : move();
    }

    conf::Result<void> move() {
        if (auto synced = folder_.sync(); !synced) {
            return synced;
        }
        Changes remove;
        Changes forget;
        for (const auto& written : batch_) {
            auto both = ::queue::removal(written);
            std::move(both.begin(), both.end(), std::back_inserter(remove));
            forget.push_back(::queue::forget_export(written.stored.envelope.id, written.digest));
        }
        if (auto removed = store_.commit(remove); !removed) {
            return removed;
        }
        tell();
        for (const auto& written : batch_) {
            if (auto kept = folder_.keep(written.stored.envelope.id); !kept) {
                return kept;
            }
        }
        if (auto synced = folder_.sync(); !synced) {
            return synced;
        }
        exported_.exported += batch_.size();
        batch_.clear();
        octets_ = 0;
        return store_.commit(forget);
    }

    /// Without history the queue is changed all the same.
    void tell() {
        std::vector<history::Event> events;
        for (const auto& written : batch_) {
            auto ended = std::make_shared<::queue::Envelope>(written.stored.envelope);
            events.push_back(event_of(ended->id, history::Kind::Exported, "to " + folder_.path()));
            for (auto& recipient : ended->recipients) {
                if (recipient.is_open()) {
                    recipient.state = recipient.awaits_report()
                                          ? ::queue::Recipient::State::Delivered
                                          : ::queue::Recipient::State::Deleted;
                }
            }
            history::Event finished = event_of(ended->id, history::Kind::Finished, "");
            finished.fields.clear();
            finished.envelope = std::move(ended);
            events.push_back(std::move(finished));
        }
        if (history_ != nullptr && !events.empty()) {
            (void)history_->write(events);
        }
    }

    ::queue::Store& store_;
    history::HistoryStore* history_;
    const MailFolder& folder_;
    Exported exported_;
    std::vector<::queue::Written> batch_;
    std::uint64_t octets_ = 0;
};

class Importing {
public:
    Importing(::queue::Store& store, history::HistoryStore* history, const MailFolder& folder)
        : store_(store), history_(history), folder_(folder) {}

    Imported run() {
        if (const auto done = go_through(); !done) {
            imported_.error = done.error().message();
        }
        return std::move(imported_);
    }

private:
    conf::Result<void> go_through() {
        std::string after;
        for (bool more = true; more;) {
            const auto names = folder_.names(".mail", after, kNamesAtOnce);
            if (!names) {
                return names.error();
            }
            for (const auto& name : *names) {
                if (auto taken = take(name); !taken) {
                    return taken;
                }
                if (imported_.refused.size() == Imported::kMostRefused) {
                    return conf::Error{{}, "too many files are refused: look at them first"};
                }
            }
            more = names->size() == kNamesAtOnce;
            after = names->empty() ? after : names->back();
        }
        return folder_.sync();
    }

    conf::Result<void> take(const std::string& name) {
        auto mail = ::queue::MailImport::open(folder_, name);
        if (!mail) {
            imported_.refused.push_back({name, mail.error().message()});
            return {};
        }
        for (bool more = true; more;) {
            const auto stepped = mail->verify();
            if (!stepped) {
                imported_.refused.push_back({name, stepped.error().message()});
                return {};
            }
            more = *stepped;
        }
        const auto known = mail->is_known(store_);
        if (!known) {
            return known.error();
        }
        if (*known) {
            ++imported_.known;
            return folder_.remove(name);
        }
        MessageId id = mail->envelope().id;
        conf::Result<void> stored = store_as(*mail, id);
        for (int collisions = 0;
             !stored && stored.error().code == ::queue::errc::Duplicate && collisions < kCollisions;
             ++collisions) {
            id = MessageId(store_.last_id().number() + 1);
            stored = store_as(*mail, id);
        }
        if (!stored && stored.error().code == ::queue::errc::Damaged) {
            imported_.refused.push_back({name, stored.error().message()});
            return {};
        }
        if (!stored) {
            return stored;
        }
        ++imported_.imported;
        return folder_.remove(name);
    }

    conf::Result<void> store_as(::queue::MailImport& mail, MessageId id) {
        if (auto begun = mail.begin(); !begun) {
            return begun;
        }
        int rows = 0;
        conf::Result<void> stored = store_rows(mail, id, rows);
        if (stored) {
            stored = store_message(mail, id);
        }
        if (!stored && rows > 0) {  // those of another message stay
            (void)store_.commit(Changes{::queue::DropChunks{id}});
        }
        return stored;
    }

    conf::Result<void> store_rows(::queue::MailImport& mail, MessageId id, int& rows) {
        for (;; ++rows) {
            auto row = mail.next_row();
            if (!row) {
                return row.error();
            }
            if (!*row) {
                return {};
            }
            Changes changes;
            changes.emplace_back(::queue::AddChunk{id, rows, std::move(**row)});
            if (auto stored = store_.commit(changes); !stored) {
                return stored;
            }
        }
    }

    /// The relay judges it when it starts.
    conf::Result<void> store_message(::queue::MailImport& mail, MessageId id) {
        auto message = mail.finish(id);
        if (!message) {
            return message.error();
        }
        const auto now = wall_clock();
        Changes changes;
        changes.emplace_back(
            ::queue::Insert{*message, ::queue::first_look((*message)->envelope, now)});
        changes.push_back(mail.fact(id, now));
        if (auto stored = store_.commit(changes); !stored) {
            return stored;
        }
        if (history_ != nullptr) {
            const std::vector<history::Event> events{
                event_of(id,
                         history::Kind::Imported,
                         "from " + folder_.path() + ", where it was " + mail.envelope().id.text())};
            (void)history_->write(events);
        }
        return {};
    }

    ::queue::Store& store_;
    history::HistoryStore* history_;
    const MailFolder& folder_;
    Imported imported_;
};

}  // namespace

Exported export_stopped(::queue::Store& store,
                        history::HistoryStore* history,
                        const MailFolder& folder,
                        const ::queue::Filter& filter) {
    return Exporting(store, history, folder).run(filter);
}

Imported import_stopped(::queue::Store& store,
                        history::HistoryStore* history,
                        const MailFolder& folder) {
    return Importing(store, history, folder).run();
}

}  // namespace relay::cli
