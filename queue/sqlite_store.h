// SqliteStore: the Store in one SQLite database, DATA_DIR/queue.db, in WAL mode with
// synchronous=FULL.
//
// Threads: as Store says. The writing connection checkpoints; nobody else does.
#pragma once

#include <memory>
#include <string>

#include "queue/store.h"

namespace queue {

class SqliteStore {
public:
    /// Takes the lock on the folder (made with mode 0700 if missing), opens or creates the
    /// database, brings an older schema up to date, checkpoints, drops chunk rows without a
    /// message, makes every message that was active waiting and due at `now`, and after an unclean
    /// stop checks the envelope tables. Errors: StoreLocked (names the process that holds it),
    /// StoreNewer, StoreDamaged, StoreFull, StoreUnwritable; each with the path and what to do.
    static conf::Result<std::unique_ptr<Store>> open(const std::string& data_dir, Instant now);
};

}  // namespace queue
