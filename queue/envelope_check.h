// EnvelopeCheck: SQLite's quick_check of the envelope table after an unclean stop, on a thread
// and a connection of its own.
//
// What it finds in time is the caller's; what it finds later sets the latch.
//
// Threads: the owner's; the destructor interrupts the check and waits for its thread.
#pragma once

#include <future>
#include <optional>
#include <string>
#include <thread>

#include "conf/config.h"
#include "conf/result.h"
#include "queue/latch.h"
#include "queue/sqlite_connection.h"

namespace queue {

class EnvelopeCheck {
public:
    EnvelopeCheck(SqliteConnection reader, Latch& latch);
    ~EnvelopeCheck();
    EnvelopeCheck(const EnvelopeCheck&) = delete;
    EnvelopeCheck& operator=(const EnvelopeCheck&) = delete;

    /// Nothing when it is not done by then. Errors: StoreDamaged, StoreUnreadable.
    std::optional<conf::Result<void>> wait(conf::Duration patience);

private:
    SqliteConnection reader_;
    std::future<conf::Result<void>> result_;
    std::thread thread_;
};

}  // namespace queue
