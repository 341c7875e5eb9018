#include "relay/spool_import.h"

#include <utility>

#include "queue/errors.h"
#include "relay/log.h"

namespace relay {

namespace {

using Decision = check::Gate::Decision;

constexpr std::size_t kNamesAtOnce = 1000;
constexpr int kCollisions = 16;

/// An error of the disk or the store, not of one file.
bool concerns_all(const conf::Error& error) {
    return error.code && error.code != queue::errc::Damaged &&
           error.code != boost::system::errc::permission_denied &&
           error.code != boost::system::errc::no_such_file_or_directory &&
           error.code != boost::system::errc::too_many_symbolic_link_levels;
}

/// 11 bits of sequence, then 10 of node (queue/message_id.h).
bool is_of_node(queue::MessageId id, queue::MessageId own) {
    const auto node = [](queue::MessageId of) { return of.number() >> 11 & 1023; };
    return node(id) == node(own);
}

}  // namespace

net::Task<Imported> Spool::import_from(std::shared_ptr<const queue::MailFolder> folder) {
    SpoolImport moving(*this, std::move(folder));
    Imported imported = co_await moving.run();
    co_return imported;
}

SpoolImport::SpoolImport(Spool& spool, std::shared_ptr<const queue::MailFolder> folder)
    : spool_(spool), folder_(std::move(folder)) {}

template <class T>
net::Task<conf::Result<T>> SpoolImport::on_disk(std::function<conf::Result<T>()> work) {
    conf::Result<T> done = co_await spool_.disk_.run<conf::Result<T>>(std::move(work));
    co_return done;
}

net::Task<Imported> SpoolImport::run() {
    using Names = std::vector<std::string>;
    std::string after;
    for (bool more = true; more && goes_on();) {
        std::function<conf::Result<Names>()> work = [this, after] {
            return folder_->names(".mail", after, kNamesAtOnce);
        };
        conf::Result<Names> names = co_await on_disk<Names>(std::move(work));
        if (!names) {
            imported_.error = names.error().message();
            break;
        }
        more = names->size() == kNamesAtOnce;
        for (std::size_t i = 0; i < names->size() && goes_on(); ++i) {
            co_await take((*names)[i]);
        }
        after = names->empty() ? after : names->back();
    }
    std::function<conf::Result<void>()> sync = [this] { return folder_->sync(); };
    const conf::Result<void> synced = co_await on_disk<void>(std::move(sync));
    if (!synced && imported_.error.empty()) {
        imported_.error = synced.error().message();
    }
    if (spool_.stopping_ && imported_.error.empty()) {
        imported_.error = "the relay is shutting down: import the folder again";
    }
    co_return std::move(imported_);
}

void SpoolImport::refuse(const std::string& name, const conf::Error& error) {
    if (concerns_all(error)) {
        imported_.error = name + ": " + error.message();
        return;
    }
    log::Event(log::Level::Error, "import")
        .field("file", folder_->path_of(name))
        .field("error", error.message());
    imported_.refused.push_back({name, error.message()});
    if (imported_.refused.size() == Imported::kMostRefused) {
        imported_.error = "too many files are refused: look at them first";
    }
}

net::Task<> SpoolImport::take(std::string name) {
    const ImportPtr mail = co_await verified(name);
    if (mail == nullptr) {
        co_return;
    }
    std::function<conf::Result<bool>()> ask = [this, mail] {
        return mail->is_known(spool_.store_);
    };
    const conf::Result<bool> known = co_await on_disk<bool>(std::move(ask));
    if (!known) {
        refuse(name, known.error());
        co_return;
    }
    if (*known) {
        ++imported_.known;
        co_await remove(std::move(name));
        co_return;
    }
    const conf::Result<void> stored = co_await store(mail);
    if (!stored) {
        refuse(name, stored.error());
        co_return;
    }
    ++imported_.imported;
    co_await remove(std::move(name));
}

/// Read through, before anything of it is stored; nothing where it is refused.
net::Task<SpoolImport::ImportPtr> SpoolImport::verified(std::string name) {
    std::function<conf::Result<ImportPtr>()> open = [this, name]() -> conf::Result<ImportPtr> {
        auto opened = queue::MailImport::open(*folder_, name);
        if (!opened) {
            return opened.error();
        }
        return std::make_shared<queue::MailImport>(std::move(*opened));
    };
    conf::Result<ImportPtr> mail = co_await on_disk<ImportPtr>(std::move(open));
    if (!mail) {
        refuse(name, mail.error());
        co_return nullptr;
    }
    for (bool more = true; more;) {
        std::function<conf::Result<bool>()> step = [read = *mail] { return read->verify(); };
        const conf::Result<bool> stepped = co_await on_disk<bool>(std::move(step));
        if (!stepped) {
            refuse(name, stepped.error());
            co_return nullptr;
        }
        more = *stepped;
    }
    co_return *mail;
}

net::Task<conf::Result<void>> SpoolImport::store(ImportPtr mail) {
    if (auto room = spool_.has_room(mail->octets()); !room) {
        co_return room;
    }
    auto id = mail->envelope().id;
    // Rows that are stored before their message could be taken for those of one that arrives here
    // under the same id.
    const auto own = spool_.next_id();
    if (mail->has_rows() && is_of_node(id, own)) {
        id = own;
    }
    for (int collisions = 0;; ++collisions) {
        conf::Result<void> stored = co_await store_as(mail, id);
        if (stored || stored.error().code != queue::errc::Duplicate || collisions >= kCollisions) {
            co_return stored;
        }
        id = spool_.next_id();
    }
}

net::Task<conf::Result<void>> SpoolImport::store_as(ImportPtr mail, queue::MessageId id) {
    const conf::Result<int> rows = co_await store_rows(mail, id);
    if (!rows) {
        co_return rows.error();
    }
    using MessagePtr = std::shared_ptr<queue::Message>;
    std::function<conf::Result<MessagePtr>()> finish = [mail, id] { return mail->finish(id); };
    conf::Result<MessagePtr> message = co_await on_disk<MessagePtr>(std::move(finish));
    conf::Result<void> stored;
    if (message) {
        queue::Change fact = mail->fact(id, spool_.clock_.now());
        stored = co_await accept(*message, std::move(fact), mail->envelope().id);
    } else {
        stored = message.error();
    }
    if (!stored && *rows > 0) {
        spool_.drop_chunks(id);
    }
    co_return stored;
}

/// How many it were. After an error none of ours is left.
net::Task<conf::Result<int>> SpoolImport::store_rows(ImportPtr mail, queue::MessageId id) {
    using Row = std::optional<std::string>;
    std::function<conf::Result<void>()> begin = [mail] { return mail->begin(); };
    const conf::Result<void> begun = co_await on_disk<void>(std::move(begin));
    if (!begun) {
        co_return begun.error();
    }
    for (int number = 0;; ++number) {
        std::function<conf::Result<Row>()> next = [mail] { return mail->next_row(); };
        conf::Result<Row> row = co_await on_disk<Row>(std::move(next));
        if (row && !*row) {
            co_return number;
        }
        conf::Result<void> stored;
        if (row) {
            stored = co_await spool_.add_chunk(id, number, std::move(**row));
        } else {
            stored = row.error();
        }
        if (!stored) {
            if (number > 0) {  // the rows of another message stay
                spool_.drop_chunks(id);
            }
            co_return stored.error();
        }
    }
}

/// As Spool::accept() does, but it is no new mail: it may be due later, and held by a person.
net::Task<conf::Result<void>> SpoolImport::accept(std::shared_ptr<queue::Message> message,
                                                  queue::Change fact,
                                                  queue::MessageId original) {
    auto& envelope = message->envelope;
    const auto now = spool_.clock_.now();
    const auto generation = spool_.generation();
    if (!envelope.hold.person) {
        const auto answer = spool_.judge(envelope);
        if (answer.decision != Decision::Open) {
            envelope.hold = {answer.reason, now};
        }
    }
    auto due = queue::first_look(envelope, now);
    {
        const std::lock_guard lock(spool_.mutex_);
        const auto warns = spool_.policy_->warns(envelope.accepted);
        if (warns > now && warns < due && Spool::wants_warning(envelope)) {
            due = warns;
        }
    }
    Committer::Changes changes;
    changes.emplace_back(queue::Insert{message, due});
    changes.push_back(std::move(fact));
    const conf::Result<void> stored = co_await spool_.committer_.commit(std::move(changes));
    if (!stored) {
        co_return stored;
    }
    tell(envelope, original);
    Spool::Effects effects;
    if (const std::string& reason = envelope.hold.reason; !reason.empty()) {
        const std::lock_guard lock(spool_.mutex_);
        spool_.count_held("", reason);
        effects.held.emplace_back(envelope.id, reason);
        effects.judged = generation;
    } else {
        effects.due = due;
    }
    spool_.carry_out(std::move(effects));
    co_return stored;
}

void SpoolImport::tell(const queue::Envelope& envelope, queue::MessageId original) {
    using history::Field;
    log::Event(log::Level::Info, "imported")
        .field("id", envelope.id.text())
        .field("was", original.text())
        .field("folder", folder_->path());
    history::Event event;
    event.id = envelope.id;
    event.time = spool_.clock_.now();
    event.kind = history::Kind::Imported;
    event.add(Field::By, "a person")
        .add(Field::From, envelope.sender.is_null() ? "<>" : envelope.sender.text())
        .add(Field::To, envelope.recipients.front().address.text());
    if (envelope.recipients.size() > 1) {
        event.add(Field::Recipients, std::to_string(envelope.recipients.size()));
    }
    event.add(Field::Size, std::to_string(envelope.size))
        .add(Field::Reason, "from " + folder_->path() + ", where it was " + original.text());
    spool_.history_.note(std::move(event));
}

/// Should it come back after a crash, it is known.
net::Task<> SpoolImport::remove(std::string name) {
    std::function<conf::Result<void>()> work = [this, name] { return folder_->remove(name); };
    const conf::Result<void> removed = co_await on_disk<void>(std::move(work));
    if (!removed) {
        imported_.error = removed.error().message();
    }
}

}  // namespace relay
