#include "relay/out/courier.h"

#include <algorithm>
#include <utility>

#include <boost/asio/post.hpp>

#include "relay/intake.h"
#include "relay/log.h"
#include "relay/out/failure.h"

namespace relay::out {

Courier::Courier(std::uint64_t number,
                 net::Loop& loop,
                 Spool& spool,
                 Metrics& metrics,
                 std::shared_ptr<const conf::Config> config,
                 std::shared_ptr<const Route> route)
    : number_(number),
      loop_(loop),
      spool_(spool),
      metrics_(metrics),
      config_(std::move(config)),
      route_(std::move(route)),
      idle_(loop.executor()) {
    // RFC 5321 5.1: hosts of equal preference are taken in random order.
    auto hosts = route_->hosts;
    std::minstd_rand random(std::random_device{}());
    for (auto begin = hosts.begin(); begin != hosts.end();) {
        const auto end = std::find_if(begin, hosts.end(), [&](const Host& host) {
            return host.preference != begin->preference;
        });
        std::shuffle(begin, end, random);
        begin = end;
    }
    for (const auto& host : hosts) {
        for (const auto& address : host.addresses) {
            candidates_.push_back({host.name, address});
        }
    }
}

void Courier::stop() {
    stopping_ = true;
    idle_.cancel();
}

void Courier::abort() {
    stopping_ = true;
    idle_.cancel();
    if (exchange_) {
        exchange_->close();
    }
}

net::Task<> Courier::run() {
    const auto self = shared_from_this();
    while (!stopping_ && !site_down_) {
        auto lease = co_await next_lease();
        if (!lease) {
            break;
        }
        connections_tried_ = 0;
        co_await attempt(std::move(*lease));
        if (exchange_ && delivered_here_ >= config_->delivery.messages_per_connection) {
            co_await hang_up();
        }
    }
    co_await hang_up();
}

net::Task<std::optional<Lease>> Courier::next_lease() {
    const std::weak_ptr<Courier> weak = weak_from_this();
    net::Loop& loop = loop_;
    std::function<void()> wake = [weak, &loop] {
        boost::asio::post(loop.context(), [weak] {
            if (const auto courier = weak.lock()) {
                courier->idle_.cancel();
            }
        });
    };
    const bool may_wait = exchange_ != nullptr;
    auto lease = spool_.next_for(
        route_->site, number_, may_wait ? std::move(wake) : std::function<void()>());
    if (lease || !may_wait) {
        co_return lease;
    }
    idle_.expires_after(config_->delivery.idle_timeout);
    auto [ec] = co_await idle_.async_wait(net::kAsTuple);
    (void)ec;  // woken or timed out: look once more
    spool_.stop_waiting(route_->site, number_);
    if (stopping_) {
        co_return std::nullopt;
    }
    co_return spool_.next_for(route_->site, number_, {});
}

net::Task<bool> Courier::connect() {
    while (position_ < candidates_.size() && !stopping_ &&
           connections_tried_ < config_->delivery.connection_attempts_per_message) {
        const Candidate& candidate = candidates_[position_];
        ++connections_tried_;
        auto connected = co_await net::connect(
            loop_, candidate.address, route_->port, config_->delivery.connect_timeout);
        if (connected.status != net::IoStatus::Ok) {
            failure_ = connect_failed(candidate.host, candidate.address.text(), connected.status);
            ++position_;
            continue;
        }
        ++metrics_.connections_out;
        delivered_here_ = 0;
        exchange_ = std::make_unique<Exchange>(
            std::move(connected.stream), config_->hostname.text(), config_, spool_);
        co_await exchange_->advance(queue::MessageId(0), nullptr);
        if (exchange_->dialog().greeted() && !exchange_->dialog().closed()) {
            spool_.site_reached(route_->site);
            co_return true;
        }
        failure_ = exchange_->dialog().host_failure();
        failure_.host = candidate.host;
        failure_.ip = candidate.address.text();
        disconnected();
        ++position_;
    }
    co_return false;
}

void Courier::disconnected() {
    if (exchange_) {
        exchange_->close();
        exchange_.reset();
        --metrics_.connections_out;
    }
}

net::Task<> Courier::hang_up() {
    if (exchange_ && !exchange_->dialog().closed()) {
        co_await exchange_->quit();
    }
    disconnected();
}

void Courier::settle_all(Lease lease, const queue::Outcome& outcome) {
    const auto count = lease.envelope().recipients.size();
    spool_.settle(std::move(lease), std::vector<queue::Outcome>(count, outcome));
}

net::Task<bool> Courier::bring_content(Lease& lease) {
    if (lease.content() != nullptr) {
        co_return true;
    }
    auto content = co_await spool_.fetch(lease.attempt().id);
    if (content && (*content)->chunks == 0) {
        Intake::BodyCheck check((*content)->body_hash);
        check.update((*content)->body);
        if (!check.matches()) {
            content = conf::Error{{}, "its body is not what was stored"};
        }
    }
    if (!content) {
        failure_ = content_unreadable(content.error().message());
        log::Event(log::Level::Error, "unreadable")
            .field("id", lease.attempt().id.text())
            .field("error", content.error().message());
        co_return false;
    }
    lease.set_content(std::move(*content));
    co_return true;
}

net::Task<> Courier::attempt(Lease lease) {
    const bool readable = co_await bring_content(lease);
    if (!readable) {
        settle_all(std::move(lease), failure_);
        co_return;
    }
    smtp::Delivery delivery;
    delivery.sender = lease.envelope().sender;
    delivery.size = lease.envelope().size;
    delivery.body = lease.envelope().body;
    delivery.ret = lease.envelope().ret;
    delivery.envelope_id = lease.envelope().envelope_id;
    for (const auto& recipient : lease.envelope().recipients) {
        delivery.recipients.push_back({recipient.address, recipient.dsn});
    }
    for (;;) {
        const bool reused = exchange_ != nullptr;
        if (!reused) {
            const bool connected = co_await connect();
            if (stopping_ && !connected) {
                co_return;  // the lease goes back
            }
            if (!connected) {
                site_down_ = true;
                settle_all(std::move(lease), failure_);
                spool_.settle_site(route_->site, failure_);
                co_return;
            }
        }
        const Candidate& candidate = candidates_[position_];
        co_await exchange_->deliver(delivery, lease.attempt().id, lease.content());
        const auto& dialog = exchange_->dialog();
        std::vector<queue::Outcome> outcomes = dialog.outcomes();
        if (!exchange_->content_error().empty()) {
            failure_ = content_unreadable(exchange_->content_error());
            outcomes.assign(outcomes.size(), failure_);
        } else if (next_host_may_help(dialog) && !stopping_ &&
                   connections_tried_ < config_->delivery.connection_attempts_per_message) {
            // A connection that waited idle may be gone: the same host gets another chance. A new
            // one that fails so early is the host's fault.
            const bool same_again = reused && dialog.closed();
            if (same_again || position_ + 1 < candidates_.size()) {
                co_await hang_up();
                position_ += same_again ? 0 : 1;
                continue;
            }
        }
        for (auto& outcome : outcomes) {
            if (outcome.host.empty()) {
                outcome.host = candidate.host;
                outcome.ip = candidate.address.text();
            }
        }
        ++delivered_here_;
        const bool closed = dialog.closed();
        spool_.settle(std::move(lease), outcomes);
        if (closed) {
            disconnected();
        }
        co_return;
    }
}

}  // namespace relay::out
