#include "relay/status/orders.h"

#include <optional>
#include <utility>

#include "relay/clock.h"
#include "relay/log.h"
#include "relay/status/json_response.h"
#include "relay/status/pause_json.h"
#include "relay/status/selection.h"
#include "relay/status/store_check.h"

namespace relay::status {

namespace {

using FactsPtr = std::shared_ptr<const Facts>;

struct Name {
    const char* command;
    const char* count;  // in the answer
};

Name name_of(Page which) {
    switch (which) {
        case Page::Retry:
            return {"queue/retry", "retried"};
        case Page::Delete:
            return {"queue/delete", "deleted"};
        case Page::Hold:
            return {"queue/hold", "held"};
        case Page::Release:
            return {"queue/release", "released"};
        default:
            return {"", ""};
    }
}

/// Why the state that was asked for makes no sense here; nothing when it does.
const char* objection(Page which, const std::string& state) {
    if (which == Page::Retry && !state.empty() && state != "waiting") {
        return kOnlyWaitingRetried;
    }
    if (which == Page::Release && !state.empty() && state != "held") {
        return kOnlyHeldReleased;
    }
    return nullptr;
}

/// How many messages it was, and of those that matched a release how many no person holds.
struct Count {
    std::size_t messages = 0;
    std::optional<std::size_t> held_otherwise;
};

net::Task<conf::Result<Count>> carry_out(FactsPtr facts,
                                         Page which,
                                         queue::Filter filter,
                                         std::string reason) {
    Spool& spool = facts->spool;
    if (which == Page::Release) {
        const auto released = co_await spool.release(std::move(filter));
        if (!released) {
            co_return released.error();
        }
        co_return Count{released->released, released->held_otherwise};
    }
    net::Task<conf::Result<std::size_t>> task =
        which == Page::Retry    ? spool.retry(std::move(filter))
        : which == Page::Delete ? spool.remove(std::move(filter))
                                : spool.hold(std::move(filter), std::move(reason));
    const conf::Result<std::size_t> count = co_await std::move(task);
    if (!count) {
        co_return count.error();
    }
    co_return Count{*count, std::nullopt};
}

}  // namespace

net::Task<Response> change_queue(FactsPtr facts, Page which, std::string body) {
    const Name name = name_of(which);
    HoldRequest request;
    if (which == Page::Hold) {
        auto parsed = parse_hold(body);
        if (!parsed) {
            co_return error_response(400, parsed.error().message());
        }
        request = std::move(*parsed);
    } else {
        auto parsed = parse_selection(body);
        if (!parsed) {
            co_return error_response(400, parsed.error().message());
        }
        request.selection = std::move(*parsed);
    }
    if (request.selection.is_empty() && !request.selection.all) {
        co_return error_response(400, "say which messages, or {\"all\": true}");
    }
    if (const char* const why = objection(which, request.selection.state)) {
        co_return error_response(400, why);
    }
    const auto filter = filter_of(request.selection, wall_clock());
    if (!filter) {
        co_return error_response(400, filter.error().message());
    }
    const auto reason = hold_reason(request);
    if (!reason) {
        co_return error_response(400, reason.error().message());
    }
    const conf::Result<Count> count = co_await carry_out(facts, which, *filter, *reason);
    {
        log::Event event(log::Level::Info, "control");
        event.field("command", name.command).field("selection", as_json(request));
        if (count) {
            event.field("messages", static_cast<std::int64_t>(count->messages));
        } else {
            event.field("error", count.error().message());
        }
    }
    if (!count) {
        co_return error_response(503, count.error().message());
    }
    nlohmann::ordered_json json{{name.count, count->messages}};
    if (count->held_otherwise) {
        json["held_otherwise"] = *count->held_otherwise;
    }
    co_return json_response(200, json);
}

net::Task<Response> change_pauses(FactsPtr facts, Page which, std::string body) {
    const auto pause = parse_pause(body);
    if (!pause) {
        co_return error_response(400, pause.error().message());
    }
    const bool begins = which == Page::Pause;
    net::Task<conf::Result<bool>> task =
        begins ? facts->spool.pause(*pause) : facts->spool.resume(*pause);
    const conf::Result<bool> changed = co_await std::move(task);
    if (!changed) {
        co_return error_response(503, changed.error().message());
    }
    co_return json_response(200, {{begins ? "paused" : "resumed", *changed}});
}

net::Task<Response> check_queue(FactsPtr facts,
                                net::WorkerPool& pool,
                                const std::atomic<bool>& stopping) {
    const auto check = std::make_shared<StoreCheck>(facts->store);
    for (bool more = true; more;) {
        if (stopping) {
            co_return error_response(503, "shutting down");
        }
        // Others get their pages between two steps.
        std::function<conf::Result<bool>()> step = [check] { return check->step(); };
        const conf::Result<bool> stepped = co_await pool.run<conf::Result<bool>>(std::move(step));
        if (!stepped) {
            co_return error_response(503, stepped.error().message());
        }
        more = *stepped;
    }
    log::Event(check->damaged() == 0 ? log::Level::Info : log::Level::Error, "checked")
        .field("messages", static_cast<std::int64_t>(check->checked()))
        .field("damaged", static_cast<std::int64_t>(check->damaged()));
    Response response;
    response.body = check_page(*check);
    co_return response;
}

}  // namespace relay::status
