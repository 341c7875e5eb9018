// QueueAccess: the queue as the commands see it: a running relay's through its control socket, a
// stopped one's through its store, under the lock that a relay would take.
//
// Both answer with the pages of relay/status, so that a command prints one form.
//
// Threads: not safe; blocks.     Errors: what happened and what to do.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "conf/config.h"
#include "conf/result.h"
#include "queue/store.h"
#include "relay/cli/control_client.h"
#include "relay/spool.h"
#include "relay/status/moves_json.h"
#include "relay/status/selection.h"

namespace relay::cli {

class QueueAccess {
public:
    QueueAccess() = default;
    QueueAccess(const QueueAccess&) = delete;
    QueueAccess& operator=(const QueueAccess&) = delete;
    virtual ~QueueAccess() = default;

    /// The "queue" of /status, with its "paused".
    virtual conf::Result<std::string> summary() = 0;
    /// As /messages/ID; nothing when there is no such message.
    virtual conf::Result<std::optional<std::string>> show(queue::MessageId id) = 0;
    /// As /queue.
    virtual conf::Result<std::string> list(const status::Selection& selection,
                                           std::optional<queue::MessageId> from) = 0;
    /// How many messages were made due, or removed.
    virtual conf::Result<std::size_t> retry(const status::Selection& selection) = 0;
    virtual conf::Result<std::size_t> remove(const status::Selection& selection) = 0;
    /// How many messages a person holds now.
    virtual conf::Result<std::size_t> hold(const status::HoldRequest& request) = 0;
    virtual conf::Result<Spool::Released> release(const status::Selection& selection) = 0;
    /// False when it was so before.
    virtual conf::Result<bool> pause(const Pause& pause) = 0;
    virtual conf::Result<bool> resume(const Pause& pause) = 0;
    /// Into a folder, and from one; what could not be done is within. Errors: the folder cannot
    /// serve.
    virtual conf::Result<Exported> export_to(const status::ExportRequest& request) = 0;
    virtual conf::Result<Imported> import_from(const std::string& folder) = 0;
    /// Reads everything; as /queue/check.
    virtual conf::Result<std::string> check() = 0;
};

/// A stopped relay's store, under its lock. Errors: a relay runs, or none ever did.
conf::Result<std::unique_ptr<queue::Store>> open_stopped_store(const conf::Config& config);

/// Nothing where no relay answers at the control socket. Errors: it is there, but cannot be asked.
conf::Result<std::optional<ControlClient>> find_running(const conf::Config& config);

/// The running relay's when one answers, else the stopped one's. Errors: neither can be had.
conf::Result<std::unique_ptr<QueueAccess>> open_queue(const conf::Config& config);

}  // namespace relay::cli
