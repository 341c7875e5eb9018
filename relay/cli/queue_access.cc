#include "relay/cli/queue_access.h"

#include <cerrno>
#include <sys/stat.h>
#include <utility>
#include <vector>

#include <nlohmann/json.hpp>

#include "queue/sqlite_store.h"
#include "relay/cli/control_client.h"
#include "relay/cli/stopped_queue.h"
#include "relay/clock.h"
#include "relay/history/history_store.h"
#include "relay/status/pause_json.h"

namespace relay::cli {

namespace {

using ::queue::MessageId;

class RunningQueue final : public QueueAccess {
public:
    explicit RunningQueue(ControlClient client) : client_(std::move(client)) {}

    conf::Result<std::string> summary() override {
        const auto page = ask("/status");
        if (!page) {
            return page;
        }
        auto json = nlohmann::ordered_json::parse(*page, nullptr, false);
        if (!json.is_object() || !json.contains("queue") || !json["queue"].is_object()) {
            return conf::Error{{}, "the relay's /status says nothing of its queue"};
        }
        if (json.contains("paused")) {
            json["queue"]["paused"] = json["paused"];
        }
        return json["queue"].dump(1) + "\n";
    }

    conf::Result<std::optional<std::string>> show(MessageId id) override {
        auto answer = client_.get("/messages/" + id.text());
        if (!answer) {
            return answer.error();
        }
        if (answer->status == 404) {
            return std::optional<std::string>();
        }
        if (answer->status != 200) {
            return conf::Error{{}, answer->error()};
        }
        return std::optional(std::move(answer->body));
    }

    conf::Result<std::string> list(const status::Selection& selection,
                                   std::optional<MessageId> from) override {
        return ask("/queue?" + status::as_query(selection, from));
    }

    conf::Result<std::size_t> retry(const status::Selection& selection) override {
        return count(order("/queue/retry", status::as_json(selection), "retried"), "retried");
    }

    conf::Result<std::size_t> remove(const status::Selection& selection) override {
        return count(order("/queue/delete", status::as_json(selection), "deleted"), "deleted");
    }

    conf::Result<std::size_t> hold(const status::HoldRequest& request) override {
        return count(order("/queue/hold", status::as_json(request), "held"), "held");
    }

    conf::Result<Spool::Released> release(const status::Selection& selection) override {
        const auto json = order("/queue/release", status::as_json(selection), "released");
        const auto released = count(json, "released");
        if (!released) {
            return released.error();
        }
        const auto others = count(json, "held_otherwise");
        return Spool::Released{*released, others ? *others : 0};
    }

    conf::Result<bool> pause(const Pause& pause) override {
        return answer(order("/pause", status::as_json(pause), "paused"), "paused");
    }

    conf::Result<bool> resume(const Pause& pause) override {
        return answer(order("/resume", status::as_json(pause), "resumed"), "resumed");
    }

    conf::Result<Exported> export_to(const status::ExportRequest& request) override {
        const auto answer = client_.post("/queue/export", status::as_json(request));
        if (!answer) {
            return answer.error();
        }
        auto exported = status::parse_exported(answer->body);
        if (!exported) {
            return conf::Error{{}, answer->error()};
        }
        return std::move(*exported);
    }

    conf::Result<Imported> import_from(const std::string& folder) override {
        const auto answer = client_.post("/queue/import", status::import_request(folder));
        if (!answer) {
            return answer.error();
        }
        auto imported = status::parse_imported(answer->body);
        if (!imported) {
            return conf::Error{{}, answer->error()};
        }
        return std::move(*imported);
    }

    conf::Result<std::string> check() override {
        auto answer = client_.post("/queue/check", "");
        if (!answer) {
            return answer.error();
        }
        if (answer->status != 200) {
            return conf::Error{{}, answer->error()};
        }
        return std::move(answer->body);
    }

private:
    conf::Result<std::string> ask(const std::string& target) {
        auto answer = client_.get(target);
        if (!answer) {
            return answer.error();
        }
        if (answer->status != 200) {
            return conf::Error{{}, answer->error()};
        }
        return std::move(answer->body);
    }

    using Json = nlohmann::json;

    /// The answer, which has `key`.
    conf::Result<Json> order(const std::string& target, const std::string& body, const char* key) {
        const auto answer = client_.post(target, body);
        if (!answer) {
            return answer.error();
        }
        auto json = Json::parse(answer->body, nullptr, false);
        if (answer->status != 200 || !json.is_object() || !json.contains(key)) {
            return conf::Error{{}, answer->error()};
        }
        return json;
    }

    static conf::Error not_understood() {
        return conf::Error{{}, "the relay's answer is not understood: is it of this version?"};
    }

    static conf::Result<std::size_t> count(const conf::Result<Json>& json, const char* key) {
        if (!json) {
            return json.error();
        }
        const auto found = json->find(key);
        if (found == json->end() || !found->is_number_unsigned()) {
            return not_understood();
        }
        return found->get<std::size_t>();
    }

    static conf::Result<bool> answer(const conf::Result<Json>& json, const char* key) {
        if (!json) {
            return json.error();
        }
        const auto found = json->find(key);
        if (found == json->end() || !found->is_boolean()) {
            return not_understood();
        }
        return found->get<bool>();
    }

    ControlClient client_;
};

/// What there is of it: none is made that would belong to whoever asks, and the queue is shown
/// without it where it cannot be read.
std::unique_ptr<history::HistoryStore> open_history(const conf::Config& config) {
    struct stat found {};
    if (::stat((config.data_dir + "/history.db").c_str(), &found) != 0) {
        return nullptr;
    }
    auto opened = history::HistoryStore::open(config.data_dir,
                                              {config.queue.history, config.queue.history_size});
    return opened ? std::move(*opened) : nullptr;
}

}  // namespace

conf::Result<std::optional<ControlClient>> find_running(const conf::Config& config) {
    ControlClient client(control_path(config));
    if (const auto answer = client.get("/healthz"); answer) {
        return std::optional(std::move(client));
    } else if (!is_no_relay(answer.error())) {
        return answer.error();
    }
    return std::optional<ControlClient>();
}

conf::Result<std::unique_ptr<::queue::Store>> open_stopped_store(const conf::Config& config) {
    // Reading must not make a queue, least of all one that belongs to whoever asks.
    struct stat found {};
    const std::string database = config.data_dir + "/queue.db";
    if (::stat(database.c_str(), &found) != 0) {
        return conf::Error{{errno, boost::system::system_category()},
                           database + ": no relay runs, and none has ever run with this data_dir"};
    }
    auto store = ::queue::SqliteStore::open(config.data_dir, wall_clock());
    if (!store) {
        return store.error();
    }
    return std::unique_ptr<::queue::Store>(std::move(*store));
}

conf::Result<std::unique_ptr<QueueAccess>> open_queue(const conf::Config& config) {
    auto running = find_running(config);
    if (!running) {
        return running.error();
    }
    if (*running) {
        return std::make_unique<RunningQueue>(std::move(**running));
    }
    auto store = open_stopped_store(config);
    if (!store) {
        return store.error();
    }
    return stopped_queue(std::move(*store), open_history(config));
}

}  // namespace relay::cli
