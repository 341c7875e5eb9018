#include "relay/history/history_store.h"

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <fcntl.h>
#include <system_error>
#include <unistd.h>
#include <unordered_map>
#include <utility>
#include <vector>

#include "queue/envelope_codec.h"
#include "queue/errors.h"
#include "relay/history/event_codec.h"

namespace relay::history {

using queue::MessageId;
using queue::SqliteReset;
using queue::SqliteStatement;

namespace {

constexpr std::int64_t kApplication = 0x53674869;  // "SgHi", in the database's header
constexpr std::int64_t kVersion = 1;
constexpr std::uint64_t kPage = 8192;
constexpr std::size_t kDropAtOnce = 500;
constexpr int kSweepAtOnce = 50;
constexpr std::uint64_t kVacuumAtOnce = 512;  // pages

// A row's small columns stand before its octets: looking at them reads no overflow page. A message
// that is delivered at once takes one row and one entry of the index.
constexpr const char* kSchema =
    "BEGIN IMMEDIATE;"
    "CREATE TABLE event ("
    "  id INTEGER NOT NULL,"
    "  number INTEGER NOT NULL,"
    "  done INTEGER,"  // milliseconds since 1970, in the row of the message's end
    "  transcripts INTEGER NOT NULL,"
    "  events BLOB NOT NULL,"
    "  envelope BLOB,"
    "  PRIMARY KEY (id, number)) WITHOUT ROWID;"
    "CREATE INDEX done ON event (done) WHERE done IS NOT NULL;"
    "PRAGMA application_id = 1399277673;"
    "PRAGMA user_version = 1;"
    "COMMIT";
static_assert(kApplication == 1399277673);

std::string path_in(const std::string& data_dir) {
    return data_dir + "/history.db";
}

conf::Error system_error(const std::string& path, const char* doing) {
    const int number = errno;
    return queue::error(number == ENOSPC || number == EDQUOT ? queue::errc::StoreFull
                                                             : queue::errc::StoreUnwritable,
                        path + ": " + doing + ": " + std::generic_category().message(number));
}

/// Of the pages that the file may have, so many may lie in the journal.
std::uint64_t journal_pages(std::uint64_t limit) {
    return std::clamp<std::uint64_t>(limit / 8 / kPage, 16, 1000);
}

conf::Result<void> prepare(const queue::SqliteConnection& connection) {
    const auto version = connection.ask("PRAGMA user_version");
    const auto application = connection.ask("PRAGMA application_id");
    const auto tables = connection.ask("SELECT count(*) FROM sqlite_schema");
    for (const auto* answer : {&version, &application, &tables}) {
        if (!*answer) {
            return answer->error();
        }
    }
    const bool fresh = *version == 0 && *tables == 0;
    if (!fresh && *application != kApplication) {
        return queue::error(queue::errc::StoreDamaged,
                            connection.path() + " is no history of ours");
    }
    if (*version > kVersion) {
        return queue::error(queue::errc::StoreNewer,
                            connection.path() + " has schema " + std::to_string(*version) +
                                ", this version knows " + std::to_string(kVersion) +
                                ": move it away to begin a new history");
    }
    // Page size and auto_vacuum hold only from before the first table on.
    int code = fresh ? connection.execute("PRAGMA page_size=8192; PRAGMA auto_vacuum=INCREMENTAL")
                     : SQLITE_OK;
    if (code == SQLITE_OK) {
        code = connection.execute(
            "PRAGMA journal_mode=WAL;"
            "PRAGMA synchronous=NORMAL;"
            "PRAGMA cache_size=-4096;"
            "PRAGMA mmap_size=0;"
            "PRAGMA temp_store=MEMORY");
    }
    if (code == SQLITE_OK && fresh) {
        code = connection.execute(kSchema);
    }
    if (code != SQLITE_OK) {
        return connection.error(code, "set up");
    }
    return {};
}

}  // namespace

conf::Result<std::unique_ptr<HistoryStore>> HistoryStore::open(const std::string& data_dir,
                                                               const Limits& limits) {
    const std::string path = path_in(data_dir);
    const int made = ::open(path.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (made < 0 && errno != EEXIST) {
        return system_error(path, "cannot make it");
    }
    if (made >= 0) {
        ::close(made);
    }
    auto connection = queue::SqliteConnection::open(path, queue::SqliteConnection::Access::Write);
    if (!connection) {
        return connection.error();
    }
    if (const auto prepared = prepare(*connection); !prepared) {
        return prepared.error();
    }
    std::unique_ptr<HistoryStore> store(new HistoryStore(std::move(*connection), limits));
    for (const SqliteStatement* statement :
         {&store->insert_, &store->sizes_, &store->events_, &store->replace_, &store->delete_}) {
        if (statement->failed() != SQLITE_OK) {
            return store->connection_.error(statement->failed(), "prepare");
        }
    }
    store->reconfigure(limits);
    return store;
}

conf::Result<void> HistoryStore::set_aside(const std::string& data_dir) {
    const std::string path = path_in(data_dir);
    if (std::rename(path.c_str(), (path + ".damaged").c_str()) != 0 && errno != ENOENT) {
        return system_error(path, "cannot set it aside");
    }
    // A journal left behind would be played into the new one.
    for (const char* suffix : {"-wal", "-shm"}) {
        if (::unlink((path + suffix).c_str()) != 0 && errno != ENOENT) {
            return system_error(path + suffix, "cannot remove it");
        }
    }
    return {};
}

HistoryStore::HistoryStore(queue::SqliteConnection connection, const Limits& limits)
    : connection_(std::move(connection)),
      limits_(limits),
      insert_(connection_.prepare(
          "INSERT INTO event (id, number, done, transcripts, events, envelope)"
          " SELECT ?1, coalesce(max(number) + 1, 0), ?2, ?3, ?4, ?5 FROM event WHERE id = ?1")),
      sizes_(connection_.prepare("SELECT number, transcripts FROM event WHERE id = ?1"
                                 " AND transcripts > 0 ORDER BY number DESC")),
      events_(connection_.prepare("SELECT events FROM event WHERE id = ?1 AND number = ?2")),
      replace_(connection_.prepare("UPDATE event SET events = ?3, transcripts = 0"
                                   " WHERE id = ?1 AND number = ?2")),
      delete_(connection_.prepare("DELETE FROM event WHERE id = ?1")) {}

void HistoryStore::reconfigure(const Limits& limits) {
    limits_ = limits;
    const auto pages = journal_pages(limits.octets);
    (void)connection_.execute(("PRAGMA wal_autocheckpoint=" + std::to_string(pages) +
                               "; PRAGMA journal_size_limit=" + std::to_string(pages * kPage))
                                  .c_str());
}

conf::Error HistoryStore::failed(int code, std::string_view doing) {
    conf::Error error = connection_.error(code, doing);
    if (sqlite3_get_autocommit(connection_.handle()) == 0) {
        (void)connection_.execute("ROLLBACK");
    }
    return error;
}

conf::Result<void> HistoryStore::write(std::span<const Event> events) {
    int code = connection_.execute("BEGIN IMMEDIATE");
    if (code == SQLITE_OK) {
        code = write_rows(events);
    }
    if (code == SQLITE_OK) {
        code = connection_.execute("COMMIT");
    }
    if (code != SQLITE_OK) {
        return failed(code, "write events");
    }
    return {};
}

int HistoryStore::write_rows(std::span<const Event> events) {
    // The events of one message go into one row: in order of its first one.
    std::unordered_map<MessageId, std::size_t> position;
    std::vector<std::vector<const Event*>> rows;
    for (const Event& event : events) {
        const auto [found, made] = position.try_emplace(event.id, rows.size());
        if (made) {
            rows.emplace_back();
        }
        rows[found->second].push_back(&event);
    }
    for (const auto& row : rows) {
        const MessageId id = row.front()->id;
        std::optional<std::int64_t> done;
        std::size_t transcripts = 0;
        events_octets_.clear();
        envelope_octets_.clear();
        for (const Event* event : row) {
            if (event->envelope != nullptr) {
                done = event->time.time_since_epoch().count();
                queue::EnvelopeCodec::encode(*event->envelope, envelope_octets_);
            } else if (transcripts + event->transcript.size() <= kTranscripts) {
                transcripts += event->transcript.size();
                append_encoded(*event, events_octets_);
            } else {
                Event shorter = *event;
                shorter.transcript.clear();
                append_encoded(shorter, events_octets_);
            }
        }
        insert_.bind(1, id.number())
            .bind(2, done)
            .bind(3, static_cast<std::int64_t>(transcripts))
            .bind_blob(4, events_octets_);
        if (done) {
            insert_.bind_blob(5, envelope_octets_);
        } else {
            insert_.bind(5, std::optional<std::int64_t>());
        }
        int code = insert_.run();
        if (code == SQLITE_OK && transcripts > 0) {
            code = shorten(id);
        }
        if (code != SQLITE_OK) {
            return code;
        }
    }
    return SQLITE_OK;
}

/// Of a message's conversations the latest are kept.
int HistoryStore::shorten(MessageId id) {
    std::vector<std::int64_t> over;
    {
        const SqliteReset reset(sizes_);
        sizes_.bind(1, id.number());
        std::size_t sum = 0;
        int code = SQLITE_ROW;
        while ((code = sizes_.step()) == SQLITE_ROW) {
            sum += static_cast<std::size_t>(sizes_.number(1));
            if (sum > kTranscripts) {
                over.push_back(sizes_.number(0));
            }
        }
        if (code != SQLITE_DONE) {
            return code;
        }
    }
    for (const std::int64_t number : over) {
        std::vector<Event> kept;
        {
            const SqliteReset reset(events_);
            const int code = events_.bind(1, id.number()).bind(2, number).step();
            if (code != SQLITE_ROW) {
                return code == SQLITE_DONE ? SQLITE_OK : code;
            }
            kept = decode_events(id, events_.octets(0));
        }
        std::string octets;
        for (Event& event : kept) {
            event.transcript.clear();
            append_encoded(event, octets);
        }
        const int code = replace_.bind(1, id.number()).bind(2, number).bind_blob(3, octets).run();
        if (code != SQLITE_OK) {
            return code;
        }
    }
    return SQLITE_OK;
}

conf::Result<Story> HistoryStore::read(MessageId id) {
    Story story;
    std::vector<std::pair<std::int64_t, std::vector<Event>>> rows;
    const auto collect = [&](SqliteStatement statement, std::int64_t from) {
        int code = SQLITE_ROW;
        statement.bind(1, id.number()).bind(2, from);
        while ((code = statement.step()) == SQLITE_ROW) {
            rows.emplace_back(statement.number(0), decode_events(id, statement.octets(1)));
            if (!statement.is_null(2)) {
                if (auto envelope = queue::EnvelopeCodec::decode(id, statement.octets(2))) {
                    story.finished = std::make_shared<const queue::Envelope>(std::move(*envelope));
                }
            }
        }
        return code == SQLITE_DONE ? SQLITE_OK : code;
    };
    static const std::string kFirst =
        "SELECT number, events, envelope FROM event WHERE id = ?1 AND number >= ?2"
        " ORDER BY number LIMIT " +
        std::to_string(kFirstRows);
    static const std::string kLast =
        "SELECT number, events, envelope FROM (SELECT * FROM event WHERE id = ?1 AND number >= ?2"
        " ORDER BY number DESC LIMIT " +
        std::to_string(kLastRows) + ") ORDER BY number";
    int code = collect(connection_.prepare(kFirst.c_str()), 0);
    if (code == SQLITE_OK && rows.size() == kFirstRows) {
        code = collect(connection_.prepare(kLast.c_str()), rows.back().first + 1);
    }
    if (code != SQLITE_OK) {
        return failed(code, "read events");
    }
    std::int64_t expected = rows.empty() ? 0 : rows.front().first;
    for (auto& [number, events] : rows) {
        story.left_out += static_cast<std::size_t>(number - expected);
        expected = number + 1;
        std::move(events.begin(), events.end(), std::back_inserter(story.events));
    }
    return story;
}

int HistoryStore::drop(MessageId id) {
    return delete_.bind(1, id.number()).run();
}

conf::Result<std::uint64_t> HistoryStore::octets() const {
    const auto pages = connection_.ask("PRAGMA page_count");
    if (!pages) {
        return pages.error();
    }
    return static_cast<std::uint64_t>(*pages) * kPage;
}

conf::Result<std::uint64_t> HistoryStore::used_octets() const {
    const auto all = octets();
    const auto unused = connection_.ask("PRAGMA freelist_count");
    if (!all || !unused) {
        return all ? unused.error() : all.error();
    }
    return *all - static_cast<std::uint64_t>(*unused) * kPage;
}

conf::Result<bool> HistoryStore::tidy(conf::Instant now) {
    int code = connection_.execute("BEGIN IMMEDIATE");
    if (code != SQLITE_OK) {
        return failed(code, "drop events");
    }
    const auto more = drop_some(now);
    if (!more) {
        (void)connection_.execute("ROLLBACK");
        return more;
    }
    code = connection_.execute("COMMIT");
    if (code != SQLITE_OK) {
        return failed(code, "drop events");
    }
    const auto unused = connection_.ask("PRAGMA freelist_count");
    const auto all = octets();
    if (!unused || !all) {
        return unused ? all.error() : unused.error();
    }
    // Free pages are used again; they go back where there are many, or the file is too large.
    const auto limit = limits_.octets - limits_.octets / 8;
    const auto free_pages = static_cast<std::uint64_t>(*unused);
    if (free_pages > 0 &&
        (*all > limit || free_pages > std::max(kVacuumAtOnce, *all / kPage / 4))) {
        code = connection_.execute(
            ("PRAGMA incremental_vacuum(" + std::to_string(kVacuumAtOnce) + ")").c_str());
        if (code != SQLITE_OK) {
            return failed(code, "give pages back");
        }
        return *more || free_pages > kVacuumAtOnce;
    }
    return more;
}

conf::Result<bool> HistoryStore::drop_some(conf::Instant now) {
    // The journal has its share of the limit; below the rest some room is made at once.
    const auto limit = limits_.octets - limits_.octets / 8;
    const auto used = used_octets();
    if (!used) {
        return used.error();
    }
    const bool too_much = *used > limit;
    const auto old = (now - limits_.keep).time_since_epoch().count();
    SqliteStatement finished = connection_.prepare(
        "SELECT id, done FROM event WHERE done IS NOT NULL AND done <= ?1 ORDER BY done LIMIT ?2");
    finished.bind(1, too_much ? INT64_MAX : old).bind(2, std::int64_t{kDropAtOnce});
    std::vector<std::pair<std::int64_t, std::int64_t>> ids;
    int code = SQLITE_ROW;
    while ((code = finished.step()) == SQLITE_ROW) {
        ids.emplace_back(finished.number(0), finished.number(1));
    }
    finished.reset();
    if (code == SQLITE_DONE && ids.empty() && too_much) {
        // Nothing has ended: the oldest of what goes on.
        SqliteStatement oldest =
            connection_.prepare("SELECT DISTINCT id FROM event ORDER BY id LIMIT ?1");
        oldest.bind(1, std::int64_t{kDropAtOnce});
        while ((code = oldest.step()) == SQLITE_ROW) {
            ids.emplace_back(oldest.number(0), INT64_MAX);
        }
    }
    if (code != SQLITE_DONE) {
        return failed(code, "find old events");
    }
    std::size_t dropped = 0;
    for (const auto& [id, done] : ids) {
        if (done > old && dropped % 16 == 0) {
            const auto left = used_octets();
            if (!left) {
                return left.error();
            }
            if (*left <= limit - limit / 16) {
                return false;
            }
        }
        if (code = drop(MessageId(id)); code != SQLITE_OK) {
            return failed(code, "drop events");
        }
        ++dropped;
    }
    return dropped == kDropAtOnce;
}

conf::Result<bool> HistoryStore::sweep(conf::Instant now,
                                       const std::function<bool(MessageId)>& is_queued) {
    SqliteStatement next = connection_.prepare(
        "SELECT id, max(done) FROM event WHERE id > ?1 GROUP BY id ORDER BY id LIMIT ?2");
    next.bind(1, swept_.number()).bind(2, std::int64_t{kSweepAtOnce});
    std::vector<MessageId> lost;
    int looked = 0;
    bool young = false;
    int code = SQLITE_ROW;
    while (!young && (code = next.step()) == SQLITE_ROW) {
        const MessageId id(next.number(0));
        young = id.time() > now - limits_.keep;
        if (young) {
            break;
        }
        swept_ = id;
        ++looked;
        if (next.is_null(1) && !is_queued(id)) {
            lost.push_back(id);
        }
    }
    next.reset();
    if (code != SQLITE_ROW && code != SQLITE_DONE) {
        return failed(code, "look for lost ends");
    }
    for (const MessageId id : lost) {
        if (code = drop(id); code != SQLITE_OK) {
            return failed(code, "drop events");
        }
    }
    const bool more = looked == kSweepAtOnce;
    if (!more) {
        swept_ = MessageId(0);
    }
    return more;
}

}  // namespace relay::history
