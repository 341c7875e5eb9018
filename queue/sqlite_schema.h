// The schema of queue.db, its numbered migrations, and what has to be put right before a start.
//
// Threads: before any other connection opens.
// Errors: StoreNewer, StoreDamaged (also for a database of something else), StoreFull,
//   StoreUnwritable.
#pragma once

#include <cstdint>

#include "queue/sqlite_connection.h"
#include "queue/store.h"

namespace queue {

/// WAL, synchronous=FULL and so on; checkpoints what an earlier run left; then migrates to the
/// current schema.
conf::Result<void> prepare_schema(const SqliteConnection& connection);

/// What is in the store at the start.
struct Inventory {
    Totals totals;             // without `oldest`
    MessageId last;            // at or above the highest ever stored
    std::int64_t first_fresh;  // no message below it is without its `domain`
    std::int64_t fresh_mark;   // what the store says of that
};

/// Drops orphan chunks and expired facts, makes active messages waiting and due at `now`, and
/// counts.
conf::Result<Inventory> take_stock(const SqliteConnection& connection, Instant now);

}  // namespace queue
