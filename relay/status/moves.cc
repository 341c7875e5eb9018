#include "relay/status/moves.h"

#include <utility>

#include "queue/mail_folder.h"
#include "relay/clock.h"
#include "relay/log.h"
#include "relay/status/json_response.h"
#include "relay/status/moves_json.h"
#include "relay/status/selection.h"

namespace relay::status {

namespace {

using FactsPtr = std::shared_ptr<const Facts>;
using FolderPtr = std::shared_ptr<const queue::MailFolder>;

/// One at a time: two would hold and write the same messages.
class Turn {
public:
    explicit Turn(std::atomic<bool>& moving) : moving_(moving), mine_(!moving.exchange(true)) {}
    ~Turn() {
        if (mine_) {
            moving_ = false;
        }
    }
    Turn(const Turn&) = delete;
    Turn& operator=(const Turn&) = delete;
    [[nodiscard]] bool is_mine() const { return mine_; }

private:
    std::atomic<bool>& moving_;
    bool mine_;
};

Response busy() {
    return error_response(409, "mail is being exported or imported already: wait until it is done");
}

net::Task<conf::Result<FolderPtr>> open_folder(FactsPtr facts,
                                               net::WorkerPool& pool,
                                               std::string path) {
    std::function<conf::Result<FolderPtr>()> work = [path]() -> conf::Result<FolderPtr> {
        auto folder = queue::MailFolder::open(path);
        if (!folder) {
            return folder.error();
        }
        return std::make_shared<const queue::MailFolder>(std::move(*folder));
    };
    conf::Result<FolderPtr> folder = co_await pool.run<conf::Result<FolderPtr>>(std::move(work));
    if (!folder) {
        conf::Error error = folder.error();
        error.detail += " (it is the relay that uses the folder; run by systemd, it may write in " +
                        facts->current.get().config->data_dir + " alone)";
        co_return error;
    }
    co_return folder;
}

}  // namespace

net::Task<Response> export_queue(FactsPtr facts,
                                 net::WorkerPool& pool,
                                 std::atomic<bool>& moving,
                                 std::string body) {
    const auto request = parse_export(body);
    if (!request) {
        co_return error_response(400, request.error().message());
    }
    if (request->selection.is_empty() && !request->selection.all) {
        co_return error_response(400, "say which messages, or {\"all\": true}");
    }
    const auto filter = filter_of(request->selection, wall_clock());
    if (!filter) {
        co_return error_response(400, filter.error().message());
    }
    const Turn turn(moving);
    if (!turn.is_mine()) {
        co_return busy();
    }
    const conf::Result<FolderPtr> folder = co_await open_folder(facts, pool, request->folder);
    if (!folder) {
        co_return error_response(400, folder.error().message());
    }
    const Exported exported = co_await facts->spool.export_to(*filter, *folder);
    {
        log::Event event(log::Level::Info, "control");
        event.field("command", "queue/export")
            .field("selection", as_json(*request))
            .field("messages", static_cast<std::int64_t>(exported.exported))
            .field("left", static_cast<std::int64_t>(exported.left));
        if (!exported.error.empty()) {
            event.field("error", exported.error);
        }
    }
    co_return json_response(exported.error.empty() ? 200 : 503, as_json(exported));
}

net::Task<Response> import_queue(FactsPtr facts,
                                 net::WorkerPool& pool,
                                 std::atomic<bool>& moving,
                                 std::string body) {
    const auto path = parse_import(body);
    if (!path) {
        co_return error_response(400, path.error().message());
    }
    const Turn turn(moving);
    if (!turn.is_mine()) {
        co_return busy();
    }
    const conf::Result<FolderPtr> folder = co_await open_folder(facts, pool, *path);
    if (!folder) {
        co_return error_response(400, folder.error().message());
    }
    const Imported imported = co_await facts->spool.import_from(*folder);
    {
        log::Event event(log::Level::Info, "control");
        event.field("command", "queue/import")
            .field("folder", *path)
            .field("messages", static_cast<std::int64_t>(imported.imported))
            .field("known", static_cast<std::int64_t>(imported.known))
            .field("refused", static_cast<std::int64_t>(imported.refused.size()));
        if (!imported.error.empty()) {
            event.field("error", imported.error);
        }
    }
    co_return json_response(imported.error.empty() ? 200 : 503, as_json(imported));
}

}  // namespace relay::status
