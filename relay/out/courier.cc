#include "relay/out/courier.h"

#include <algorithm>
#include <utility>

#include <boost/asio/post.hpp>

#include "relay/body_digest.h"
#include "relay/clock.h"
#include "relay/log.h"
#include "relay/out/attempt_event.h"
#include "relay/out/failure.h"

namespace relay::out {

namespace {

/// What goes in one transaction.
struct Share {
    smtp::Delivery delivery;
    std::vector<std::size_t> positions;  // of its recipients in the envelope
};

/// All recipients, or first those in ASCII where the others alone need SMTPUTF8: hosts that are
/// passed over for want of it may serve the former well.
std::vector<Share> shares_of(const queue::Envelope& envelope) {
    smtp::Delivery common;
    common.sender = envelope.sender;
    common.size = envelope.size;
    common.body = envelope.body;
    common.utf8_header = envelope.utf8_header;
    common.require_tls = envelope.require_tls;
    common.ret = envelope.ret;
    common.envelope_id = envelope.envelope_id;
    const bool together = common.needs_utf8();
    std::vector<Share> shares(2, Share{common, {}});
    for (std::size_t position = 0; position < envelope.recipients.size(); ++position) {
        const auto& recipient = envelope.recipients[position];
        Share& share = shares[together || recipient.address.is_ascii() ? 0 : 1];
        share.delivery.recipients.push_back({recipient.address, recipient.dsn});
        share.positions.push_back(position);
    }
    std::erase_if(shares, [](const Share& share) { return share.positions.empty(); });
    return shares;
}

/// "mx.example.net [192.0.2.1]"
std::string name_of(const std::string& host, const conf::IpAddress& address) {
    return host + " [" + address.text() + "]";
}

}  // namespace

Courier::Courier(std::uint64_t number,
                 net::Loop& loop,
                 Spool& spool,
                 Intake& intake,
                 Metrics& metrics,
                 std::shared_ptr<const conf::Config> config,
                 std::shared_ptr<const Route> route)
    : number_(number),
      loop_(loop),
      spool_(spool),
      intake_(intake),
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
            transcript_.note("connecting to " + name_of(candidate.host, candidate.address) + ": " +
                             std::string(net::describe(connected.status)));
            failure_ = connect_failed(candidate.host, candidate.address.text(), connected.status);
            ++position_;
            passed_over_ = true;
            continue;
        }
        ++metrics_.connections_out;
        delivered_here_ = 0;
        transcript_.note("connected to " + name_of(candidate.host, candidate.address));
        exchange_ = std::make_unique<Exchange>(
            std::move(connected.stream), config_->hostname.text(), config_, spool_, transcript_);
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
        passed_over_ = true;
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
        BodyCheck check((*content)->body_hash);
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

bool Courier::bring_signatures(Lease& lease) {
    if (intake_.may_leave(lease.envelope())) {
        return true;
    }
    auto signatures = intake_.sign_again(lease.envelope(), *lease.content());
    if (!signatures) {
        failure_ = not_signed(signatures.error().message());
        return false;
    }
    log::Event(log::Level::Info, "signed-again")
        .field("id", lease.attempt().id.text())
        .field("before", lease.envelope().signed_by)
        .field("signed", signatures->by);
    spool_.history().note(lease.attempt().id,
                          history::Kind::SignedAgain,
                          {{history::Field::Before, lease.envelope().signed_by},
                           {history::Field::Signed, signatures->by}});
    spool_.replace_signatures(lease, std::move(signatures->fields), std::move(signatures->by));
    return true;
}

net::Task<> Courier::attempt(Lease lease) {
    const bool readable = co_await bring_content(lease);
    if (!readable || !bring_signatures(lease)) {
        settle_all(std::move(lease), failure_);
        co_return;
    }
    transcript_.clear();
    const auto start = net::Steady::now();
    Outcomes outcomes(lease.envelope().recipients.size());
    bool begun = false;
    std::vector<Share> shares = shares_of(lease.envelope());
    for (Share& share : shares) {
        Outcomes some;
        if (!site_down_) {
            Outcomes brought =
                co_await deliver(std::move(share.delivery), lease.attempt().id, lease.content());
            some = std::move(brought);
        }
        if (some.empty()) {
            if (!begun) {
                co_return;  // the lease goes back
            }
            some.assign(share.positions.size(), site_down_ ? failure_ : interrupted());
        }
        begun = true;
        for (std::size_t number = 0; number < some.size(); ++number) {
            outcomes[share.positions[number]] = std::move(some[number]);
        }
    }
    const bool is_signed = !lease.content()->signatures.empty();
    if (!is_signed && std::any_of(outcomes.begin(), outcomes.end(), [](const auto& outcome) {
            return outcome.kind == queue::Outcome::Kind::Delivered;
        })) {
        metrics_.unsigned_sent.add();
    }
    note_attempt(lease, outcomes, start);
    spool_.settle(std::move(lease), outcomes);
    if (site_down_) {
        spool_.settle_site(route_->site, failure_);
    }
}

void Courier::note_attempt(const Lease& lease,
                           const Outcomes& outcomes,
                           net::Steady::time_point begun) {
    const bool success = std::all_of(outcomes.begin(), outcomes.end(), [](const auto& outcome) {
        return outcome.kind == queue::Outcome::Kind::Delivered;
    });
    if (!success) {
        auto event = attempt_event(lease.attempt(), lease.envelope(), outcomes, wall_clock());
        const auto took = net::Steady::now() - begun;
        event.add(history::Field::Took,
                  std::to_string(std::chrono::round<std::chrono::milliseconds>(took).count()));
        event.transcript = transcript_.text();
        spool_.history().note(std::move(event));
    }
}

net::Task<Courier::Outcomes> Courier::deliver(smtp::Delivery delivery,
                                              queue::MessageId id,
                                              std::shared_ptr<const queue::Content> content) {
    passed_over_ = position_ > 0;
    for (;;) {
        const bool reused = exchange_ != nullptr;
        if (!reused) {
            const bool connected = co_await connect();
            if (stopping_ && !connected) {
                co_return Outcomes();
            }
            if (!connected) {
                site_down_ = true;
                co_return Outcomes(delivery.recipients.size(), failure_);
            }
        }
        const Candidate& candidate = candidates_[position_];
        if (reused) {
            transcript_.note("connection to " + name_of(candidate.host, candidate.address) +
                             " reused, message " + std::to_string(delivered_here_ + 1) + " on it");
        }
        co_await exchange_->deliver(delivery, id, content);
        const auto& dialog = exchange_->dialog();
        Outcomes outcomes = dialog.outcomes();
        const bool lacks = lacks_extension(outcomes);
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
                passed_over_ = passed_over_ || (!same_again && !lacks);
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
        if (dialog.closed()) {
            disconnected();
        } else if (lacks && passed_over_) {
            // Nothing is final while a better host may take it; the next message asks that one.
            std::transform(outcomes.begin(), outcomes.end(), outcomes.begin(), in_doubt);
            co_await hang_up();
            position_ = 0;
        }
        co_return outcomes;
    }
}

}  // namespace relay::out
