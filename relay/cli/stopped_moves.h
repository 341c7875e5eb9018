// What moves mail between a stopped relay's store and a folder, as relay/spool_export and
// relay/spool_import do it in a running one. The lock on the store keeps everybody else away, so
// that nothing need be held meanwhile.
//
// Threads: not safe; blocks.     Errors: within what came of it.
#pragma once

#include "queue/mail_folder.h"
#include "queue/store.h"
#include "relay/history/history_store.h"
#include "relay/spool_moves.h"

namespace relay::cli {

/// `history` may be missing.
Exported export_stopped(queue::Store& store,
                        history::HistoryStore* history,
                        const queue::MailFolder& folder,
                        const queue::Filter& filter);
Imported import_stopped(queue::Store& store,
                        history::HistoryStore* history,
                        const queue::MailFolder& folder);

}  // namespace relay::cli
