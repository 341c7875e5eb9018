#include "queue/sqlite_writer.h"

#include <algorithm>
#include <limits>
#include <utility>

#include "queue/envelope_codec.h"
#include "queue/errors.h"

namespace queue {
namespace {

constexpr int kCheckpointFrames = 1000;  // SQLite's own default
constexpr std::int64_t kFrameHeader = 24;

/// The stored mark is set this far (1 s of ids) ahead of the highest id, so that it is written once
/// a second and not in each commit; after a crash the ids go on from there.
constexpr std::int64_t kMarkAhead = std::int64_t{1000} << 21;

/// Claimed envelopes are held in memory for a moment: so many octets of rows at once.
constexpr std::size_t kMaxClaimedOctets = std::size_t{8} * 1024 * 1024;

/// What the index of domains says of a message: the one domain of its open recipients, or '*'.
std::string_view domain_of(const Envelope& envelope) {
    std::string_view domain;
    for (const Recipient& recipient : envelope.recipients) {
        if (!recipient.is_open() || recipient.address.domain() == domain) {
            continue;
        }
        if (!domain.empty()) {
            return "*";
        }
        domain = recipient.address.domain();
    }
    return domain;
}

std::int64_t frame_octets(const SqliteConnection& connection) {
    const auto page = connection.ask("PRAGMA page_size");
    return kFrameHeader + (page ? *page : 0);
}

}  // namespace

/// Rolls back at the end of the scope unless end() was reached.
class SqliteWriter::Transaction {
public:
    explicit Transaction(SqliteWriter& writer) : writer_(writer) { writer_.tally_ = Tally{}; }
    ~Transaction() {
        // SQLite rolls back by itself on some errors.
        if (sqlite3_get_autocommit(writer_.connection_.handle()) == 0) {
            writer_.rollback_.run();
        }
    }
    Transaction(const Transaction&) = delete;
    Transaction& operator=(const Transaction&) = delete;

    int begin() { return writer_.begin_.run(); }
    int end() {
        const int code = writer_.end_.run();
        if (code == SQLITE_OK) {
            writer_.ledger_.apply(writer_.tally_);
        }
        return code;
    }

private:
    SqliteWriter& writer_;
};

SqliteWriter::SqliteWriter(SqliteConnection connection,
                           const Inventory& inventory,
                           Latch& latch,
                           Ledger& ledger)
    : connection_(std::move(connection)),
      latch_(latch),
      ledger_(ledger),
      mark_(inventory.last.number()),
      fresh_mark_(inventory.fresh_mark),
      first_fresh_(inventory.first_fresh),
      frame_octets_(frame_octets(connection_)),
      begin_(connection_.prepare("BEGIN IMMEDIATE")),
      end_(connection_.prepare("COMMIT")),
      rollback_(connection_.prepare("ROLLBACK")),
      insert_envelope_(connection_.prepare(
          "INSERT INTO envelope (id, lane, due, octets, chunks, envelope, signatures) "
          "VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)")),
      insert_content_(connection_.prepare(
          "INSERT INTO content (id, chunks, body_size, body_hash, header, body) "
          "VALUES (?1, ?2, ?3, ?4, ?5, ?6)")),
      insert_chunk_(
          connection_.prepare("INSERT INTO chunk (message, number, octets) VALUES (?1, ?2, ?3)")),
      delete_chunks_(connection_.prepare("DELETE FROM chunk WHERE message = ?1")),
      find_(connection_.prepare(
          "SELECT lane, octets, chunks, domain IS NULL, lane IS NULL FROM envelope WHERE id = ?1")),
      update_(connection_.prepare(
          "UPDATE envelope SET lane = ?2, due = ?3, octets = ?4, envelope = ?5 WHERE id = ?1")),
      update_domain_(connection_.prepare(
          "UPDATE envelope SET lane = ?2, due = ?3, octets = ?4, envelope = ?5, domain = ?6 "
          "WHERE id = ?1")),
      read_signed_(
          connection_.prepare("SELECT envelope, length(signatures) FROM envelope WHERE id = ?1")),
      resign_(connection_.prepare(
          "UPDATE envelope SET octets = ?2, envelope = ?3, signatures = ?4 WHERE id = ?1")),
      delete_envelope_(connection_.prepare("DELETE FROM envelope WHERE id = ?1")),
      delete_content_(connection_.prepare("DELETE FROM content WHERE id = ?1")),
      remember_(connection_.prepare(
          "INSERT OR REPLACE INTO fact (topic, key, value, expires) VALUES (?1, ?2, ?3, ?4)")),
      forget_(connection_.prepare("DELETE FROM fact WHERE topic = ?1 AND key = ?2")),
      sweep_facts_(connection_.prepare("DELETE FROM fact WHERE expires <= ?1")),
      read_due_(connection_.prepare(
          "SELECT id, envelope FROM envelope WHERE lane = 0 AND due <= ?1 ORDER BY due LIMIT ?2")),
      set_lane_(connection_.prepare("UPDATE envelope SET lane = ?2, due = ?3 WHERE id = ?1")),
      set_mark_(connection_.prepare("UPDATE mark SET last = ?1, fresh = ?2")),
      read_fresh_(connection_.prepare(
          "SELECT id, domain IS NULL FROM envelope WHERE id >= ?1 ORDER BY id LIMIT ?2")) {
    sqlite3_wal_hook(connection_.handle(), &SqliteWriter::note_frames, this);
}

SqliteWriter::~SqliteWriter() {
    if (latch_.is_set()) {
        // Closing would checkpoint, and a sync that succeeds now proves nothing.
        connection_.leave_journal();
        return;
    }
    // Where the marks lie ahead of or behind the ids without need, they come back. A failure only
    // leaves them there.
    if (ledger_.last().number() < mark_ || fresh_mark_ < first_fresh_) {
        set_mark_.bind(1, ledger_.last().number()).bind(2, first_fresh_.load()).run();
    }
}

int SqliteWriter::note_frames(void* self,
                              sqlite3* /*database*/,
                              const char* /*schema*/,
                              int frames) {
    auto& writer = *static_cast<SqliteWriter*>(self);
    if (frames < writer.frames_) {
        writer.settled_frames_ = 0;  // the journal has begun anew
    }
    writer.frames_ = frames;
    writer.journal_octets_ = static_cast<std::uint64_t>(frames - writer.settled_frames_) *
                             static_cast<std::uint64_t>(writer.frame_octets_);
    return SQLITE_OK;
}

conf::Error SqliteWriter::failed(int code, const char* doing) {
    conf::Error error = connection_.error(code, doing);
    switch (connection_.fault(code)) {
        case SqliteFault::Full:
        case SqliteFault::Busy:
        case SqliteFault::Duplicate:
        case SqliteFault::Memory:
            return error;
        case SqliteFault::Corrupt:
        case SqliteFault::Disk:
            break;
    }
    latch_.set(error.detail);
    return latch_.error();
}

void SqliteWriter::checkpoint() {
    int frames = 0;
    int settled = 0;
    const int code = sqlite3_wal_checkpoint_v2(
        connection_.handle(), nullptr, SQLITE_CHECKPOINT_PASSIVE, &frames, &settled);
    if (code != SQLITE_OK) {
        // The commit itself is durable in the journal. A full disk may make room again; anything
        // else latches.
        (void)failed(code, "checkpoint");
        return;
    }
    settled_frames_ = std::max(settled, 0);
    journal_octets_ = static_cast<std::uint64_t>(std::max(frames - settled_frames_, 0)) *
                      static_cast<std::uint64_t>(frame_octets_);
}

conf::Result<void> SqliteWriter::commit(std::span<const Change> changes) {
    if (latch_.is_set()) {
        return latch_.error();
    }
    if (auto stored = transact(changes); !stored) {
        if (stored.error().code == errc::StoreFull) {
            checkpoint();  // the journal's room can serve again
        }
        return stored;
    }
    if (frames_ - settled_frames_ >= kCheckpointFrames) {
        checkpoint();
    }
    return {};
}

conf::Result<void> SqliteWriter::transact(std::span<const Change> changes) {
    Transaction transaction(*this);
    int code = transaction.begin();
    for (const Change& change : changes) {
        if (code != SQLITE_OK) {
            break;
        }
        code = std::visit([this](const auto& c) { return apply(c); }, change);
    }
    std::int64_t mark = mark_;
    std::int64_t fresh = fresh_mark_;
    if (code == SQLITE_OK) {
        code = write_mark(mark, fresh);
    }
    if (code == SQLITE_OK) {
        code = transaction.end();
    }
    if (code != SQLITE_OK) {
        return failed(code, "commit");
    }
    const bool marked = mark != mark_;
    mark_ = mark;
    fresh_mark_ = fresh;
    if (marked) {  // about once a second, also while nothing is ever idle
        if (code = advance_first_fresh(); code != SQLITE_OK) {
            return failed(code, "look for fresh messages");
        }
    }
    return {};
}

/// Keeps the marks above and below what the running transaction inserted; tells them.
int SqliteWriter::write_mark(std::int64_t& mark, std::int64_t& fresh) {
    const std::int64_t highest = tally_.highest.number();
    if (highest <= mark_ && first_fresh_ >= fresh_mark_) {
        return SQLITE_OK;
    }
    if (highest > mark_) {
        mark = highest + std::min(kMarkAhead, std::numeric_limits<std::int64_t>::max() - highest);
    }
    fresh = first_fresh_;
    return set_mark_.bind(1, mark).bind(2, fresh).run();
}

conf::Result<std::vector<Envelope>> SqliteWriter::claim_due(Instant now, std::size_t limit) {
    if (latch_.is_set()) {
        return latch_.error();
    }
    Claimed claimed;
    int code = read_due(now, limit, claimed);
    if (code == SQLITE_OK && claimed.envelopes.empty() && claimed.damaged.empty()) {
        return std::vector<Envelope>();
    }
    if (code == SQLITE_OK) {
        Transaction transaction(*this);
        code = transaction.begin();
        if (code == SQLITE_OK) {
            code = take(claimed);
        }
        if (code == SQLITE_OK) {
            code = transaction.end();
        }
        if (code != SQLITE_OK) {
            return failed(code, "claim due messages");
        }
        return std::move(claimed.envelopes);
    }
    return failed(code, "read due messages");
}

int SqliteWriter::read_due(Instant now, std::size_t limit, Claimed& claimed) {
    const SqliteReset reset(read_due_);
    read_due_.bind(1, now.time_since_epoch().count());
    read_due_.bind(2, static_cast<std::int64_t>(limit));
    std::size_t octets = 0;
    int code = SQLITE_OK;
    while (octets < kMaxClaimedOctets && (code = read_due_.step()) == SQLITE_ROW) {
        const MessageId id(read_due_.number(0));
        octets += read_due_.octets(1).size();
        auto envelope = EnvelopeCodec::decode(id, read_due_.octets(1));
        if (envelope) {
            claimed.envelopes.push_back(std::move(*envelope));
        } else {
            claimed.damaged.push_back(id);
        }
    }
    return code == SQLITE_ROW || code == SQLITE_DONE ? SQLITE_OK : code;
}

int SqliteWriter::take(const Claimed& claimed) {
    for (const Envelope& envelope : claimed.envelopes) {
        set_lane_.bind(1, envelope.id.number()).bind(2, kTaken).bind(3, std::nullopt);
        if (const int code = set_lane_.run(); code != SQLITE_OK) {
            return code;
        }
        tally_.remove(Lane::Waiting, 0);
        tally_.add(Lane::Active, 0);
    }
    // What cannot be decoded would come up as due for ever: it stays held, for a person to look at.
    for (const MessageId id : claimed.damaged) {
        set_lane_.bind(1, id.number()).bind(2, id.number()).bind(3, 0);
        if (const int code = set_lane_.run(); code != SQLITE_OK) {
            return code;
        }
        tally_.remove(Lane::Waiting, 0);
        tally_.add(Lane::Held, 0);
    }
    return SQLITE_OK;
}

int SqliteWriter::apply(const Insert& insert) {
    const Envelope& envelope = insert.message->envelope;
    const Content& content = *insert.message->content;
    const MessageId id = envelope.id;
    const Lane lane = lane_of(envelope, insert.due);
    const auto size = static_cast<std::int64_t>(envelope.size);
    // Before the row can be seen: a search that starts later looks at it.
    first_fresh_ = std::min(first_fresh_.load(), id.number());

    EnvelopeCodec::encode(envelope, buffer_);
    insert_envelope_.bind(1, id.number())
        .bind(2, lane_column(lane, id, true))
        .bind(3, due_column(insert.due))
        .bind(4, size)
        .bind(5, content.chunks)
        .bind_blob(6, buffer_)
        .bind_blob(7, content.signatures);
    if (const int code = insert_envelope_.run(); code != SQLITE_OK) {
        return code;
    }
    insert_content_.bind(1, id.number())
        .bind(2, content.chunks)
        .bind(3, static_cast<std::int64_t>(content.body_size))
        .bind_blob(4, content.body_hash)
        .bind_blob(5, content.header)
        .bind_blob(6, content.body);
    tally_.add(lane, size);
    tally_.highest = std::max(tally_.highest, id);
    return insert_content_.run();
}

int SqliteWriter::apply(const AddChunk& chunk) {
    return insert_chunk_.bind(1, chunk.id.number())
        .bind(2, chunk.number)
        .bind_blob(3, chunk.octets)
        .run();
}

int SqliteWriter::apply(const DropChunks& drop) {
    return delete_chunks_.bind(1, drop.id.number()).run();
}

int SqliteWriter::find(MessageId id, std::optional<Row>& row) {
    const SqliteReset reset(find_);
    const int code = find_.bind(1, id.number()).step();
    if (code != SQLITE_ROW) {
        return code == SQLITE_DONE ? SQLITE_OK : code;
    }
    row = Row{lane_from_column(find_.optional_number(0)),
              find_.number(1),
              find_.number(2) > 0,
              find_.number(3) == 0,
              find_.number(4) == 1};
    return SQLITE_OK;
}

int SqliteWriter::apply(const Update& update) {
    const Envelope& envelope = *update.envelope;
    std::optional<Row> row;
    if (const int code = find(envelope.id, row); code != SQLITE_OK || !row) {
        return code;
    }
    const Lane lane = lane_of(envelope, update.due);
    const auto size = static_cast<std::int64_t>(envelope.size);
    tally_.remove(row->lane, row->octets);
    tally_.add(lane, size);
    EnvelopeCodec::encode(envelope, buffer_);
    // The domain never changes once written: open recipients only become fewer.
    const bool first_deferral = update.due && !row->has_domain;
    SqliteStatement& statement = first_deferral ? update_domain_ : update_;
    statement.bind(1, envelope.id.number())
        .bind(2, lane_column(lane, envelope.id, row->fresh))
        .bind(3, due_column(update.due))
        .bind(4, size)
        .bind_blob(5, buffer_);
    if (first_deferral) {
        statement.bind_text(6, domain_of(envelope));
    }
    return statement.run();
}

int SqliteWriter::apply(const Resign& resign) {
    std::optional<Row> row;
    if (const int code = find(resign.id, row); code != SQLITE_OK || !row) {
        return code;
    }
    Envelope envelope;
    {
        const SqliteReset reset(read_signed_);
        const int code = read_signed_.bind(1, resign.id.number()).step();
        if (code != SQLITE_ROW) {
            return code == SQLITE_DONE ? SQLITE_OK : code;
        }
        auto decoded = EnvelopeCodec::decode(resign.id, read_signed_.octets(0));
        if (!decoded) {
            return SQLITE_OK;  // nobody can have loaded it to sign it; claim_due() puts it aside
        }
        envelope = std::move(*decoded);
        const auto replaced = static_cast<std::uint64_t>(read_signed_.number(1));
        envelope.size -= std::min(envelope.size, replaced);
        envelope.size += resign.signatures.size();
    }
    envelope.signed_by = resign.signed_by;
    const auto size = static_cast<std::int64_t>(envelope.size);
    tally_.remove(row->lane, row->octets);
    tally_.add(row->lane, size);
    EnvelopeCodec::encode(envelope, buffer_);
    return resign_.bind(1, resign.id.number())
        .bind(2, size)
        .bind_blob(3, buffer_)
        .bind_blob(4, resign.signatures)
        .run();
}

int SqliteWriter::apply(const Remove& remove) {
    std::optional<Row> row;
    if (const int code = find(remove.id, row); code != SQLITE_OK || !row) {
        return code;
    }
    tally_.remove(row->lane, row->octets);
    int code = delete_envelope_.bind(1, remove.id.number()).run();
    if (code == SQLITE_OK) {
        code = delete_content_.bind(1, remove.id.number()).run();
    }
    if (code == SQLITE_OK && row->chunked) {
        code = delete_chunks_.bind(1, remove.id.number()).run();
    }
    return code;
}

int SqliteWriter::apply(const Remember& remember) {
    return remember_.bind_text(1, remember.topic)
        .bind_text(2, remember.key)
        .bind_blob(3, remember.value)
        .bind(4, due_column(remember.expires))
        .run();
}

int SqliteWriter::apply(const Forget& forget) {
    return forget_.bind_text(1, forget.topic).bind_text(2, forget.key).run();
}

}  // namespace queue
