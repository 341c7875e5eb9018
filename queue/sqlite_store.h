// SqliteStore: the Store in one SQLite database, DATA_DIR/queue.db, in WAL mode with
// synchronous=FULL.
//
// Outcomes are stored on a full disk, too, as far as a reserve goes (DATA_DIR/reserve): it is given
// up for them, for claims and for other orders, but not for new mail, and set aside again by
// tidy().
//
// Threads: as Store says. The writing connection checkpoints; nobody else does.
#pragma once

#include <cstdint>
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
    /// `reserve` octets are kept free; kReserve is twice what the journal takes at most.
    static conf::Result<std::unique_ptr<Store>> open(const std::string& data_dir,
                                                     Instant now,
                                                     std::uint64_t reserve = 0);
    static constexpr std::uint64_t kReserve = std::uint64_t{32} * 1024 * 1024;
};

}  // namespace queue
