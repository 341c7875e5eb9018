#include "relay/out/dispatcher.h"

#include <utility>

#include <boost/asio/post.hpp>

#include "relay/clock.h"
#include "relay/log.h"
#include "relay/out/bounce.h"

namespace relay::out {

namespace asio = net::asio;

namespace {

constexpr std::size_t kRoutesKept = 10000;  // beyond it, old ones are dropped

}  // namespace

Dispatcher::Dispatcher(net::Loops& loops,
                       Spool& spool,
                       MxResolver& resolver,
                       Current& current,
                       Intake& intake,
                       Metrics& metrics)
    : loops_(loops),
      spool_(spool),
      resolver_(resolver),
      current_(current),
      intake_(intake),
      metrics_(metrics) {}

void Dispatcher::start() {
    Spool::Listener listener;
    // Called for every message: many calls become one look.
    listener.unrouted = listener.connections_wanted = [this] {
        if (!look_posted_.exchange(true)) {
            asio::post(loops_.first().context(), [this] { look(); });
        }
    };
    listener.notice = [this](Notice notice) {
        asio::post(loops_.first().context(), [this, owed = std::move(notice)]() mutable {
            to_report_.push_back(std::move(owed));
            make_reports();
        });
    };
    spool_.listen(std::move(listener));
}

void Dispatcher::look() {
    look_posted_ = false;
    if (!stopping_) {
        route_domains();
        send_couriers();
    }
}

void Dispatcher::route_domains() {
    for (auto& domain : spool_.domains_to_route(spool_.now())) {
        to_route_.push_back(std::move(domain));
    }
    while (!to_route_.empty() && lookups_ < kMaxLookups) {
        ++lookups_;
        // Taken off first: a lookup answered from the cache ends within spawn() and looks here
        // again.
        std::string domain = std::move(to_route_.front());
        to_route_.pop_front();
        loops_.first().spawn("route", route(std::move(domain)));
    }
}

net::Task<> Dispatcher::route(std::string domain) {
    // Counted for as long as the coroutine lives, however it ends.
    struct Counted {
        Dispatcher& dispatcher;
        ~Counted() {
            --dispatcher.lookups_;
            if (!dispatcher.stopping_ && !dispatcher.to_route_.empty()) {
                dispatcher.route_domains();
            }
        }
    };
    const Counted counted{*this};
    auto resolved = co_await resolver_.resolve(domain);
    if (const auto* outcome = std::get_if<queue::Outcome>(&resolved)) {
        spool_.settle_domain(domain, *outcome);
        co_return;
    }
    auto found = std::make_shared<const Route>(std::move(std::get<Route>(resolved)));
    routes_[found->site] = found;
    if (routes_.size() > kRoutesKept) {
        forget_old_routes(wall_clock());
    }
    spool_.assign(domain, found->site, found->valid_until);
}

void Dispatcher::forget_old_routes(queue::Instant now) {
    // A site with mail needs its route although it is old.
    std::unordered_map<queue::SiteId, std::shared_ptr<const Route>> kept;
    for (const auto& view : spool_.view().sites) {
        if (const auto found = routes_.find(view.site); found != routes_.end()) {
            kept.insert(*found);
        }
    }
    std::erase_if(routes_, [&](const auto& entry) {
        return entry.second->valid_until < now && !kept.contains(entry.first);
    });
}

void Dispatcher::send_couriers() {
    const auto config = current_.get().config;
    bool sent = true;
    while (sent) {
        sent = false;
        for (const auto& site : spool_.sites_wanting_connections()) {
            if (static_cast<int>(couriers_.size()) >= config->delivery.connections) {
                return;
            }
            const auto route = routes_.find(site);
            if (route == routes_.end()) {
                continue;
            }
            net::Loop& loop = loops_.least_loaded();
            const auto number = next_number_++;
            auto courier = std::make_shared<Courier>(
                number, loop, spool_, intake_, metrics_, config, route->second);
            couriers_[number] = {courier, &loop};
            ++couriers_open_;
            ++loop.connections;
            spool_.connection_opened(site);
            loop.spawn("courier", courier->run(), [this, &loop, number, site] {
                --loop.connections;
                spool_.connection_closed(site);
                asio::post(loops_.first().context(), [this, number] { courier_ended(number); });
            });
            sent = true;
        }
    }
}

void Dispatcher::courier_ended(std::uint64_t number) {
    couriers_.erase(number);
    --couriers_open_;
    if (!stopping_) {
        send_couriers();
    }
}

/// What is not made before the end stays owed.
void Dispatcher::make_reports() {
    while (!stopping_ && reports_ < kMaxReports && !to_report_.empty()) {
        ++reports_;
        Notice notice = std::move(to_report_.front());
        to_report_.pop_front();
        loops_.first().spawn("notice", tell_sender(std::move(notice)), [this] {
            --reports_;
            make_reports();
        });
    }
}

net::Task<> Dispatcher::tell_sender(Notice notice) {
    const auto id = notice.envelope->id;
    const auto original = co_await spool_.fetch(id);
    const queue::Content unreadable;
    std::string text = compose_bounce(
        notice, original ? **original : unreadable, *current_.get().config, wall_clock());
    const auto accepted =
        co_await intake_.accept_notice(std::move(text), notice.envelope->sender, notice);
    if (!accepted) {
        log::Event(log::Level::Error, "notice-owed")
            .field("for", id.text())
            .field("error", accepted.error().message());
        spool_.owe_again(notice);
    }
}

void Dispatcher::stop() {
    asio::post(loops_.first().context(), [this] {
        stopping_ = true;
        for (auto& [number, running] : couriers_) {
            asio::post(running.loop->context(), [courier = running.courier] { courier->stop(); });
        }
    });
}

void Dispatcher::abort() {
    asio::post(loops_.first().context(), [this] {
        for (auto& [number, running] : couriers_) {
            asio::post(running.loop->context(), [courier = running.courier] { courier->abort(); });
        }
    });
}

}  // namespace relay::out
