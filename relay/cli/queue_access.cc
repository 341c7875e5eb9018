#include "relay/cli/queue_access.h"

#include <cerrno>
#include <sys/stat.h>
#include <utility>
#include <vector>

#include <nlohmann/json.hpp>

#include "queue/errors.h"
#include "queue/sqlite_store.h"
#include "relay/cli/control_client.h"
#include "relay/clock.h"
#include "relay/status/message_page.h"
#include "relay/status/status_page.h"

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
        const auto json = nlohmann::ordered_json::parse(*page, nullptr, false);
        if (!json.is_object() || !json.contains("queue")) {
            return conf::Error{{}, "the relay's /status says nothing of its queue"};
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
        return change("/queue/retry", "retried", selection);
    }

    conf::Result<std::size_t> remove(const status::Selection& selection) override {
        return change("/queue/delete", "deleted", selection);
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

    conf::Result<std::size_t> change(const std::string& target,
                                     const char* count,
                                     const status::Selection& selection) {
        const auto answer = client_.post(target, status::as_json(selection));
        if (!answer) {
            return answer.error();
        }
        const auto json = nlohmann::json::parse(answer->body, nullptr, false);
        if (answer->status != 200 || !json.is_object() || !json.contains(count) ||
            !json[count].is_number_unsigned()) {
            return conf::Error{{}, answer->error()};
        }
        return json[count].get<std::size_t>();
    }

    ControlClient client_;
};

/// The relay is stopped: this process writes the store in its place.
class StoppedQueue final : public QueueAccess {
public:
    explicit StoppedQueue(std::unique_ptr<::queue::Store> store) : store_(std::move(store)) {}

    conf::Result<std::string> summary() override {
        const auto totals = store_->totals();
        if (!totals) {
            return totals.error();
        }
        return status::queue_summary(*totals, wall_clock());
    }

    conf::Result<std::optional<std::string>> show(MessageId id) override {
        auto stored = store_->load(id);
        if (!stored) {
            if (stored.error().code == ::queue::errc::NotFound) {
                return std::optional<std::string>();
            }
            return stored.error();
        }
        const bool held = !stored->envelope.hold.reason.empty();
        const Explained explained{
            std::move(stored->envelope), held ? "held" : "waiting", stored->due};
        return std::optional(status::message_page(explained, wall_clock()));
    }

    conf::Result<std::string> list(const status::Selection& selection,
                                   std::optional<MessageId> from) override {
        const auto filter = status::filter_of(selection, wall_clock());
        if (!filter) {
            return filter.error();
        }
        const auto page = store_->query(*filter, from.value_or(MessageId(0)));
        if (!page) {
            return page.error();
        }
        return status::queue_page(*page, wall_clock());
    }

    conf::Result<std::size_t> retry(const status::Selection& selection) override {
        const auto now = wall_clock();
        auto narrowed = selection;
        narrowed.state = "waiting";
        return walk(narrowed, [now](const ::queue::Envelope& envelope) -> ::queue::Change {
            auto soon = std::make_shared<::queue::Envelope>(envelope);
            for (auto& recipient : soon->recipients) {
                recipient.due = std::min(recipient.due, now);
            }
            return ::queue::Update{std::move(soon), now};
        });
    }

    conf::Result<std::size_t> remove(const status::Selection& selection) override {
        return walk(selection, [](const ::queue::Envelope& envelope) -> ::queue::Change {
            return ::queue::Remove{envelope.id};
        });
    }

private:
    /// One change for each match, committed page by page.
    template <class Step>
    conf::Result<std::size_t> walk(const status::Selection& selection, Step step) {
        const auto filter = status::filter_of(selection, wall_clock());
        if (!filter) {
            return filter.error();
        }
        std::size_t count = 0;
        for (std::optional<MessageId> from = MessageId(0); from;) {
            const auto page = store_->query(*filter, *from);
            if (!page) {
                return page.error();
            }
            std::vector<::queue::Change> changes;
            for (const auto& [envelope, due] : page->messages) {
                changes.push_back(step(envelope));
            }
            if (!changes.empty()) {
                if (const auto committed = store_->commit(changes); !committed) {
                    return committed.error();
                }
            }
            count += changes.size();
            from = page->next;
        }
        return count;
    }

    std::unique_ptr<::queue::Store> store_;
};

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
    return std::make_unique<StoppedQueue>(std::move(*store));
}

}  // namespace relay::cli
