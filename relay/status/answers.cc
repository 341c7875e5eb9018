#include "relay/status/answers.h"

#include <utility>

#include <nlohmann/json.hpp>

#include "relay/clock.h"
#include "relay/log.h"
#include "relay/net/hand_over.h"
#include "relay/status/exposition.h"
#include "relay/status/json_response.h"
#include "relay/status/message_page.h"
#include "relay/status/metrics_page.h"
#include "relay/status/moves.h"
#include "relay/status/orders.h"
#include "relay/status/snapshot.h"
#include "relay/status/status_page.h"

namespace relay::status {

namespace {

using nlohmann::ordered_json;

Response not_ready(const std::vector<std::string>& reasons) {
    return json_response(503, {{"ready", false}, {"reasons", reasons}});
}

Response store_response(const conf::Error& error) {
    return error_response(503, error.message());
}

std::string seconds_text(net::Steady::duration duration) {
    return std::to_string(std::chrono::floor<std::chrono::seconds>(duration).count()) + " s";
}

}  // namespace

Answers::Answers(net::Loops& loops)
    : loops_(loops),
      pool_(1),
      readiness_(std::make_shared<Readiness>(loops.first())),
      started_(net::Steady::now()) {}

net::Task<Response> Answers::answer(Request request, Channel channel) {
    const FactsPtr facts = known();
    std::optional<std::string> hostname;
    if (facts) {
        hostname = facts->current.get().config->hostname.text();
    }
    const auto found = direct(request, channel, hostname);
    if (const auto* refusal = std::get_if<Response>(&found)) {
        co_return *refusal;
    }
    const Directions directions = std::get<Directions>(found);
    if (directions.page == Page::Health) {
        co_return health(facts.get());
    }
    if (!facts) {
        co_return directions.page == Page::Ready ? not_ready({"starting"})
                                                 : error_response(503, "starting");
    }
    switch (directions.page) {
        case Page::Health:
            break;
        case Page::Ready: {
            Response response = co_await ready(facts);
            co_return response;
        }
        case Page::Status:
        case Page::Metrics: {
            const auto reader = channel == Channel::Control ? Reader::Operator : Reader::Anybody;
            Response response = co_await page(facts, directions.page, reader);
            co_return response;
        }
        case Page::Message: {
            Response response = co_await message(facts, directions.id);
            co_return response;
        }
        case Page::Queue: {
            Response response = co_await list(facts, std::move(request.query));
            co_return response;
        }
        case Page::Retry:
        case Page::Delete:
        case Page::Hold:
        case Page::Release: {
            Response response =
                co_await change_queue(facts, directions.page, std::move(request.body));
            co_return response;
        }
        case Page::CheckQueue: {
            Response response = co_await check_queue(facts, pool_, stopping_);
            co_return response;
        }
        case Page::Export: {
            Response response =
                co_await export_queue(facts, pool_, moving_, std::move(request.body));
            co_return response;
        }
        case Page::Import: {
            Response response =
                co_await import_queue(facts, pool_, moving_, std::move(request.body));
            co_return response;
        }
        case Page::Pause:
        case Page::Resume: {
            Response response =
                co_await change_pauses(facts, directions.page, std::move(request.body));
            co_return response;
        }
        case Page::Reload: {
            Response response = co_await reload(facts);
            co_return response;
        }
        case Page::RetireSelector: {
            Response response = co_await retire(facts, std::move(request.body));
            co_return response;
        }
        case Page::Check:
            facts->check_now();
            co_return json_response(202, {{"checking", true}});
    }
    co_return error_response(500, "no such page");
}

/// Nothing outside the process can make this fail.
Response Answers::health(const Facts* facts) const {
    if (const net::Loop* stuck = loops_.stuck(kStuck)) {
        return json_response(503,
                             {{"healthy", false},
                              {"reason",
                               "loop " + std::to_string(stuck->number()) + " did not turn for " +
                                   seconds_text(net::Steady::now() - stuck->last_turn())}});
    }
    if (facts != nullptr) {
        if (const auto busy = facts->committer.busy_for(); busy > kStuck) {
            return json_response(
                503, {{"healthy", false}, {"reason", "a commit has taken " + seconds_text(busy)}});
        }
    }
    return json_response(200, {{"healthy", true}});
}

net::Task<Response> Answers::ready(FactsPtr facts) {
    if (stopping_) {
        co_return not_ready({"shutting down"});
    }
    if (const std::string latched = facts->store.latched(); !latched.empty()) {
        co_return not_ready({"the store has stopped: " + latched});
    }
    const std::vector<std::string> reasons =
        co_await readiness_->ask(facts->current, facts->intake);
    if (!reasons.empty()) {
        co_return not_ready(reasons);
    }
    co_return json_response(200, {{"ready", true}});
}

net::Task<Response> Answers::page(FactsPtr facts, Page which, Reader reader) {
    const auto uptime = std::chrono::floor<std::chrono::seconds>(net::Steady::now() - started_);
    std::function<std::string()> work =
        [facts, which, uptime, reader, listeners = facts->listeners()]() -> std::string {
        const Snapshot snapshot = take_snapshot(*facts, listeners, uptime);
        return which == Page::Metrics ? metrics_page(snapshot) : status_page(snapshot, reader);
    };
    Response response;
    std::string made = co_await pool_.run<std::string>(std::move(work));
    response.body = std::move(made);
    if (which == Page::Metrics) {
        response.type = Exposition::kType;
    }
    co_return response;
}

net::Task<Response> Answers::message(FactsPtr facts, queue::MessageId id) {
    const std::optional<Explained> explained = co_await facts->spool.explain(id);
    if (!explained) {
        co_return error_response(
            404, "no message " + id.text() + " is in the queue or among the last finished ones");
    }
    Response response;
    response.body = message_page(*explained, wall_clock());
    co_return response;
}

net::Task<Response> Answers::list(FactsPtr facts, std::string query) {
    const auto parsed = parse_query(query);
    if (!parsed) {
        co_return error_response(400, parsed.error().message());
    }
    const auto filter = filter_of(parsed->selection, wall_clock());
    if (!filter) {
        co_return error_response(400, filter.error().message());
    }
    const conf::Result<queue::Page> found = co_await facts->spool.list(*filter, parsed->from);
    if (!found) {
        co_return store_response(found.error());
    }
    Response response;
    response.body = queue_page(*found, wall_clock());
    co_return response;
}

net::Task<Response> Answers::reload(FactsPtr facts) {
    std::function<void(std::function<void(std::vector<std::string>)>)> start = facts->reload;
    const std::vector<std::string> problems =
        co_await net::hand_over<std::vector<std::string>>(std::move(start));
    if (problems.empty()) {
        co_return json_response(200, {{"reloaded", true}});
    }
    co_return json_response(
        422, {{"error", "the old configuration stays in force"}, {"problems", problems}});
}

net::Task<Response> Answers::retire(FactsPtr facts, std::string body) {
    const auto json = ordered_json::parse(body, nullptr, false);
    const auto text = [&json](const char* key) {
        return json.is_object() && json.contains(key) && json[key].is_string()
                   ? json[key].get<std::string>()
                   : std::string();
    };
    const std::string domain = text("domain");
    const std::string selector = text("selector");
    if (domain.empty() || selector.empty()) {
        co_return error_response(
            400, R"(say which one: {"domain": "example.com", "selector": "2026a"})");
    }
    const conf::Result<void> retired = co_await facts->retire(domain, selector);
    {
        log::Event event(log::Level::Info, "control");
        event.field("command", "dkim/retire").field("domain", domain).field("selector", selector);
        if (!retired) {
            event.field("error", retired.error().message());
        }
    }
    if (!retired) {
        co_return error_response(409, retired.error().message());
    }
    co_return json_response(200, {{"retired", true}});
}

}  // namespace relay::status
