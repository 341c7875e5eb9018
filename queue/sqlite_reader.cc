#include "queue/sqlite_reader.h"

#include <algorithm>

#include "queue/envelope_codec.h"
#include "queue/errors.h"

namespace queue {
namespace {

constexpr std::size_t kMaxIdle = 4;
constexpr std::size_t kMaxDamaged = 500;  // rows that held() passes over in one call

}  // namespace

// The columns of `content` stand in this order for a reason: what lies before the body is read
// without it.
SqliteReader::SqliteReader(SqliteConnection connection)
    : connection_(std::move(connection)),
      load_(connection_.prepare(
          "SELECT e.due, e.envelope, e.signatures, c.chunks, c.body_size, c.body_hash, c.header "
          "FROM envelope e LEFT JOIN content c ON c.id = e.id WHERE e.id = ?1")),
      read_inline_(connection_.prepare("SELECT chunks, body FROM content WHERE id = ?1")),
      read_chunk_(
          connection_.prepare("SELECT octets FROM chunk WHERE message = ?1 AND number = ?2")),
      next_due_(
          connection_.prepare("SELECT due FROM envelope WHERE lane = 0 ORDER BY due LIMIT 1")),
      held_(connection_.prepare(
          "SELECT id, envelope FROM envelope WHERE lane > ?1 ORDER BY lane LIMIT ?2")),
      recall_(connection_.prepare(
          "SELECT key, value FROM fact WHERE topic = ?1 AND (expires IS NULL OR expires > ?2)")),
      oldest_(connection_.prepare("SELECT id FROM envelope ORDER BY id LIMIT 1")),
      free_pages_(connection_.prepare("PRAGMA freelist_count")),
      page_size_(connection_.prepare("PRAGMA page_size")),
      row_by_id_(connection_.prepare(
          "SELECT id, lane, due, domain IS NULL, envelope FROM envelope WHERE id = ?1")),
      rows_by_id_(connection_.prepare(
          "SELECT id, lane, due, domain IS NULL, envelope FROM envelope WHERE id >= ?1 "
          "ORDER BY id")),
      rows_by_held_(connection_.prepare(
          "SELECT id, lane, due, domain IS NULL, envelope FROM envelope WHERE lane >= ?1 "
          "ORDER BY lane")),
      rows_by_domain_(
          connection_.prepare("SELECT id, lane, due, domain IS NULL, envelope FROM envelope "
                              "WHERE domain = ?2 AND id >= ?1 ORDER BY id")) {}

conf::Error SqliteReader::failed(int code, const char* doing) const {
    conf::Error failure = connection_.error(code, doing);
    if (failure.code == errc::StoreUnwritable) {
        failure.code = errc::StoreUnreadable;
    }
    return failure;
}

conf::Result<Stored> SqliteReader::load(MessageId id) {
    const SqliteReset reset(load_);
    const int code = load_.bind(1, id.number()).step();
    if (code == SQLITE_DONE) {
        return error(errc::NotFound, id.text());
    }
    if (code != SQLITE_ROW) {
        conf::Error failure = failed(code, "load a message");
        if (connection_.fault(code) == SqliteFault::Corrupt) {
            failure.code = errc::Damaged;
        }
        return failure;
    }
    auto envelope = EnvelopeCodec::decode(id, load_.octets(1));
    if (!envelope) {
        return envelope.error();
    }
    if (load_.is_null(3)) {
        return error(errc::Damaged, id.text() + ": it has no content");
    }
    Stored stored;
    stored.envelope = std::move(*envelope);
    stored.due = due_from_column(load_.optional_number(0));
    stored.content.signatures = load_.octets(2);
    stored.content.chunks = static_cast<int>(load_.number(3));
    stored.content.body_size = static_cast<std::uint64_t>(load_.number(4));
    stored.content.body_hash = load_.octets(5);
    stored.content.header = load_.octets(6);
    return stored;
}

conf::Result<std::string> SqliteReader::read_body(MessageId id, int number) {
    // A body that still arrives has chunks and no content.
    if (number == 0) {
        const SqliteReset reset(read_inline_);
        const int code = read_inline_.bind(1, id.number()).step();
        if (code == SQLITE_ROW && read_inline_.number(0) == 0) {
            return std::string(read_inline_.octets(1));
        }
        if (code != SQLITE_ROW && code != SQLITE_DONE) {
            return failed(code, "read a body");
        }
    }
    const SqliteReset reset(read_chunk_);
    const int code = read_chunk_.bind(1, id.number()).bind(2, number).step();
    if (code == SQLITE_ROW) {
        return std::string(read_chunk_.octets(0));
    }
    if (code == SQLITE_DONE) {
        return error(errc::NotFound,
                     id.text() + ", part " + std::to_string(number) + " of its body");
    }
    return failed(code, "read a body");
}

conf::Result<std::optional<Instant>> SqliteReader::next_due() {
    const SqliteReset reset(next_due_);
    const int code = next_due_.step();
    if (code == SQLITE_ROW) {
        return due_from_column(next_due_.number(0));
    }
    if (code == SQLITE_DONE) {
        return std::optional<Instant>();
    }
    return failed(code, "look for the next due time");
}

conf::Result<std::vector<Envelope>> SqliteReader::held(MessageId after, std::size_t limit) {
    const SqliteReset reset(held_);
    // Lane 0 is that of the waiting ones.
    held_.bind(1, std::max<std::int64_t>(after.number(), 0));
    held_.bind(2, static_cast<std::int64_t>(limit + kMaxDamaged));
    std::vector<Envelope> envelopes;
    while (envelopes.size() < limit) {
        const int code = held_.step();
        if (code == SQLITE_DONE) {
            break;
        }
        if (code != SQLITE_ROW) {
            return failed(code, "list held messages");
        }
        auto envelope = EnvelopeCodec::decode(MessageId(held_.number(0)), held_.octets(1));
        if (envelope) {
            envelopes.push_back(std::move(*envelope));
        }
    }
    return envelopes;
}

conf::Result<std::map<std::string, std::string>> SqliteReader::recall(const std::string& topic,
                                                                      Instant now) {
    const SqliteReset reset(recall_);
    recall_.bind_text(1, topic).bind(2, now.time_since_epoch().count());
    std::map<std::string, std::string> facts;
    for (;;) {
        const int code = recall_.step();
        if (code == SQLITE_DONE) {
            return facts;
        }
        if (code != SQLITE_ROW) {
            return failed(code, "recall facts");
        }
        facts.emplace(recall_.octets(0), recall_.octets(1));
    }
}

conf::Result<std::optional<MessageId>> SqliteReader::oldest() {
    const SqliteReset reset(oldest_);
    const int code = oldest_.step();
    if (code == SQLITE_ROW) {
        return std::optional(MessageId(oldest_.number(0)));
    }
    if (code == SQLITE_DONE) {
        return std::optional<MessageId>();
    }
    return failed(code, "look for the oldest message");
}

conf::Result<std::uint64_t> SqliteReader::free_page_octets() {
    std::uint64_t product = 1;
    for (SqliteStatement* factor : {&free_pages_, &page_size_}) {
        const SqliteReset reset(*factor);
        const int code = factor->step();
        if (code != SQLITE_ROW) {
            return failed(code, "count free pages");
        }
        product *= static_cast<std::uint64_t>(factor->number(0));
    }
    return product;
}

conf::Result<std::unique_ptr<SqliteReader>> SqliteReaders::take() {
    {
        const std::lock_guard lock(mutex_);
        if (!idle_.empty()) {
            auto reader = std::move(idle_.back());
            idle_.pop_back();
            return reader;
        }
    }
    auto connection = SqliteConnection::open(path_, SqliteConnection::Access::Read);
    if (!connection) {
        conf::Error failure = connection.error();
        if (failure.code == errc::StoreUnwritable) {
            failure.code = errc::StoreUnreadable;
        }
        return failure;
    }
    return std::make_unique<SqliteReader>(std::move(*connection));
}

void SqliteReaders::put(std::unique_ptr<SqliteReader> reader) {
    const std::lock_guard lock(mutex_);
    if (idle_.size() < kMaxIdle) {
        idle_.push_back(std::move(reader));
    }
}

}  // namespace queue
