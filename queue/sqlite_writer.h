// SqliteWriter: the one connection that writes and checkpoints.
//
// A commit is one transaction and one sync; every thousand pages of journal a checkpoint follows.
// The counts that others ask for (Ledger) change with each commit. Of messages that were never
// deferred, which the index of domains does not know, the lowest id is kept, so that a search by
// domain can leave out what lies below it.
//
// Threads: the committer's; journal_octets() and first_fresh() from any.
// Errors: StoreFull and Duplicate leave the store as it was and working; a failed write or sync
//   sets the latch.
#pragma once

#include <atomic>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "queue/latch.h"
#include "queue/ledger.h"
#include "queue/sqlite_connection.h"
#include "queue/sqlite_schema.h"
#include "queue/store.h"

namespace queue {

class SqliteWriter {
public:
    SqliteWriter(SqliteConnection connection,
                 const Inventory& inventory,
                 Latch& latch,
                 Ledger& ledger);
    ~SqliteWriter();
    SqliteWriter(const SqliteWriter&) = delete;
    SqliteWriter& operator=(const SqliteWriter&) = delete;

    conf::Result<void> commit(std::span<const Change> changes);
    conf::Result<std::vector<Envelope>> claim_due(Instant now, std::size_t limit);
    conf::Result<void> tidy(Instant now);

    [[nodiscard]] std::uint64_t journal_octets() const { return journal_octets_; }
    [[nodiscard]] std::int64_t first_fresh() const { return first_fresh_; }

private:
    /// What a stored row says apart from its blobs.
    struct Row {
        Lane lane;
        std::int64_t octets;
        bool chunked;
        bool has_domain;
        bool fresh;  // active ever since it came
    };
    struct Claimed {
        std::vector<Envelope> envelopes;
        std::vector<MessageId> damaged;
    };
    class Transaction;

    conf::Result<void> transact(std::span<const Change> changes);
    // Each gives SQLITE_OK or an extended error code.
    int write_mark(std::int64_t& mark, std::int64_t& fresh);
    int apply(const Insert& insert);
    int apply(const AddChunk& chunk);
    int apply(const DropChunks& drop);
    int apply(const Update& update);
    int apply(const Resign& resign);
    int apply(const Remove& remove);
    int apply(const Remember& remember);
    int apply(const Forget& forget);
    int find(MessageId id, std::optional<Row>& row);
    int read_due(Instant now, std::size_t limit, Claimed& claimed);
    int take(const Claimed& claimed);
    int advance_first_fresh();
    int give_pages_back();

    /// Sorts a failure: latches, or leaves the store usable.
    conf::Error failed(int code, const char* doing);
    void checkpoint();
    static int note_frames(void* self, sqlite3* database, const char* schema, int frames);

    SqliteConnection connection_;
    Latch& latch_;
    Ledger& ledger_;

    Tally tally_;              // of the running transaction
    std::string buffer_;       // the encoded envelope of the running change
    std::int64_t mark_;        // as stored
    std::int64_t fresh_mark_;  // as stored: no fresh message lies below it
    std::atomic<std::int64_t> first_fresh_;
    Instant next_sweep_{};  // of expired facts

    std::int64_t frame_octets_;
    int frames_ = 0;          // in the journal
    int settled_frames_ = 0;  // of those, already in the database
    std::atomic<std::uint64_t> journal_octets_ = 0;

    SqliteStatement begin_, end_, rollback_;
    SqliteStatement insert_envelope_, insert_content_, insert_chunk_, delete_chunks_;
    SqliteStatement find_, update_, update_domain_, read_signed_, resign_;
    SqliteStatement delete_envelope_, delete_content_;
    SqliteStatement remember_, forget_, sweep_facts_;
    SqliteStatement read_due_, set_lane_, set_mark_, read_fresh_;
};

}  // namespace queue
