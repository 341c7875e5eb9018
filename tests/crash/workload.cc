#include "tests/crash/workload.h"

#include <algorithm>
#include <chrono>
#include <iterator>
#include <memory>
#include <utility>

#include "relay/clock.h"
#include "relay/net/hand_over.h"

namespace crash {
namespace {

using Kind = queue::Outcome::Kind;
using Ending = Journal::Ending;

constexpr int kDomains = 4;
constexpr int kSenders = 12;
constexpr std::size_t kRead = 60000;  // what a client sends at once

std::size_t below(std::size_t limit, Random& random) {
    return std::uniform_int_distribution<std::size_t>(0, limit - 1)(random);
}

std::string domain(std::size_t number) {
    return "d" + std::to_string(number) + ".example";
}

queue::Notify some_notify(Random& random) {
    switch (below(6, random)) {
        case 0:
            return {.never = true};
        case 1:
            return {.success = true, .failure = true};
        case 2:
            return {.success = true};
        default:
            return {};
    }
}

queue::Outcome outcome(Kind kind) {
    queue::Outcome made;
    made.kind = kind;
    made.status = kind == Kind::Delivered  ? queue::EnhancedStatus{2, 0, 0}
                  : kind == Kind::Deferred ? queue::EnhancedStatus{4, 2, 0}
                                           : queue::EnhancedStatus{5, 1, 1};
    made.text = "a reply";
    made.host = "mx.example";
    made.remote = true;
    return made;
}

/// What becomes of `recipient` in the store once `kind` is settled.
Ending ending(const queue::Envelope& envelope,
              const queue::Recipient& recipient,
              int position,
              Kind kind) {
    const bool null_sender = envelope.sender.is_null();
    switch (kind) {
        case Kind::Delivered:
            return {position,
                    recipient.dsn.wants_success() && !null_sender
                        ? Ending::Kind::DeliveredReportOwed
                        : Ending::Kind::Closed};
        case Kind::Deferred:
            return {position, Ending::Kind::Deferred};
        case Kind::Failed:
            return {position,
                    recipient.dsn.wants_failure() && !null_sender ? Ending::Kind::Failed
                                                                  : Ending::Kind::Closed};
    }
    return {};
}

}  // namespace

Workload::Workload(const relay::Setup& setup,
                   std::string data,
                   Journal& journal,
                   std::uint64_t seed,
                   Mutant mutant,
                   Size size)
    : setup_(setup),
      data_(std::move(data)),
      journal_(journal),
      mutant_(mutant),
      size_(size),
      random_(seed) {}

void Workload::run() {
    for (int i = 0; i < size_.sessions; ++i) {
        session();
    }
}

void Workload::session() {
    const Wrap wrap = [this](std::unique_ptr<queue::Store> store) -> std::unique_ptr<queue::Store> {
        if (mutant_ == Mutant::EarlyReply || mutant_ == Mutant::SplitCommit) {
            return std::make_unique<MutantStore>(std::move(store), mutant_, journal_);
        }
        return store;
    };
    sending_ = size_.clients;
    const auto seed = random_();
    const queue::Duration gather(below(2, random_) * 5);
    stage_.emplace(setup_, data_, gather, wrap, [this, seed](relay::Notice notice) {
        const auto own = seed ^ static_cast<std::uint64_t>(notice.envelope->id.number());
        stage_->spawn(report(std::move(notice), own));
    });
    stage_->start();
    for (int i = 0; i < size_.clients; ++i) {
        stage_->spawn(client(random_()));
    }
    for (int i = 0; i < 3; ++i) {
        stage_->spawn(world(random_()));
    }
    stage_->spawn(person(random_()));
    stage_->wait_for_tasks();
    stage_.reset();
}

Workload::Task Workload::pause(std::chrono::microseconds time) {
    relay::net::Timer timer(co_await relay::net::asio::this_coro::executor);
    timer.expires_after(time);
    auto [ec] = co_await timer.async_wait(relay::net::kAsTuple);
    (void)ec;
}

Workload::Task Workload::client(std::uint64_t seed) {
    Random random(seed);
    std::vector<bool> large(static_cast<std::size_t>(size_.messages));
    std::fill_n(large.begin(), std::min(size_.large, size_.messages), true);
    std::shuffle(large.begin(), large.end(), random);
    for (const bool is_large : large) {
        const std::size_t body = is_large
                                     ? 1100000 + below(500000, random)
                                     : 200 + below(below(8, random) == 0 ? 200000 : 9000, random);
        co_await send(journal_.next_number(), body, random);
        co_await pause(std::chrono::microseconds(below(3000, random)));
    }
    --sending_;
}

Workload::Task Workload::send(int number, std::size_t size, Random& random) {
    const std::string body = body_of(number, size);
    auto arrival = stage_->intake->begin();
    PromisedMessage message;
    message.number = number;
    message.id = arrival->id();
    // Several: each gets a bounded number of reports.
    message.sender = "app" + std::to_string(number % kSenders) + "@example.com";
    message.body = size;
    relay::smtp::Transaction transaction;
    transaction.sender = *queue::Address::parse(message.sender);
    const std::size_t recipients = 1 + below(3, random) * below(4, random);
    for (std::size_t i = 0; i < recipients; ++i) {
        const std::string address = "u" + std::to_string(i) + "@" + domain(below(kDomains, random));
        const auto notify = some_notify(random);
        message.recipients.push_back({address, notify, {}, {}, {}});
        transaction.recipients.push_back({*queue::Address::parse(address), {notify, {}}});
    }
    journal_.offer(std::move(message));
    arrival->append("From: app@example.com\r\nSubject: power\r\nX-Number: " +
                    std::to_string(number) + "\r\n\r\n");
    for (std::size_t at = 0; at < body.size(); at += kRead) {
        arrival->append(std::string_view(body).substr(at, kRead));
        if (arrival->wants_spill()) {
            const auto spilt = co_await arrival->spill();
            if (!spilt) {
                journal_.wrong("a row is refused: " + spilt.error().message());
                co_return;
            }
        }
    }
    // Some clients go away before the end.
    if (below(25, random) == 0) {
        co_return;
    }
    const relay::Origin origin{"192.0.2.7", "client.example", true, "", "", nullptr};
    const auto reply =
        co_await stage_->intake->finish(std::move(arrival), std::move(transaction), origin);
    if (reply.code == 250) {
        journal_.accepted(number);
    } else {
        journal_.wrong("a message is refused: " + reply.wire());
    }
}

std::optional<relay::Lease> Workload::next_lease(Random& random) {
    for (const auto& name : stage_->spool->domains_to_route(relay::wall_clock())) {
        stage_->spool->assign(name, "site-" + name, relay::wall_clock() + std::chrono::hours(1));
    }
    const std::size_t first = below(kDomains + 1, random);
    for (std::size_t i = 0; i <= kDomains; ++i) {
        const std::size_t at = (first + i) % (kDomains + 1);
        // Reports go to the senders' domain.
        const std::string site = "site-" + (at == kDomains ? "example.com" : domain(at));
        if (auto lease = stage_->spool->next_for(site, 1, {})) {
            return lease;
        }
    }
    return std::nullopt;
}

Workload::Task Workload::world(std::uint64_t seed) {
    Random random(seed);
    std::vector<Settled> settled;
    int idle = 0;
    // Something always stays in the queue for the next start.
    for (int left = 20 * size_.messages; left > 0 && idle < 20;) {
        auto lease = next_lease(random);
        if (!lease) {
            idle = sending_ == 0 ? idle + 1 : 0;
            co_await flush(settled);
            co_await pause(std::chrono::microseconds(1000));
            continue;
        }
        --left;
        idle = 0;
        if (below(10, random) == 0) {
            lease.reset();  // no connection after all
            co_await pause(std::chrono::microseconds(500));
            continue;
        }
        co_await deliver(std::move(*lease), random, settled);
        if (below(3, random) == 0) {
            co_await flush(settled);
        }
    }
    while (!settled.empty()) {
        co_await flush(settled);
        co_await pause(std::chrono::microseconds(1000));
    }
}

Workload::Task Workload::deliver(relay::Lease lease,
                                 Random& random,
                                 std::vector<Settled>& settled) {
    const auto id = lease.attempt().id;
    if (lease.content() == nullptr) {
        auto content = co_await stage_->spool->fetch(id);
        if (!content) {
            co_return;  // it was removed meanwhile
        }
        lease.set_content(std::move(*content));
    }
    const int number =
        std::atoi(field_of(lease.content()->header, "X-Number").value_or("").c_str());
    journal_.identify(id, number);
    if (below(3, random) == 0) {
        co_await pause(std::chrono::microseconds(below(4000, random)));
    }
    if (below(8, random) == 0) {
        const std::string by = "example.com/again" + std::to_string(below(1000, random));
        stage_->spool->replace_signatures(
            lease, "X-Signed-By: " + by + "\r\nDKIM-Signature: again\r\n", by);
    }
    const auto positions = lease.attempt().recipients();
    std::vector<queue::Outcome> outcomes;
    Settled own{number, {}};
    for (std::size_t i = 0; i < positions.size(); ++i) {
        const std::size_t fate = below(10, random);
        const Kind kind = fate < 5 ? Kind::Delivered : fate < 7 ? Kind::Deferred : Kind::Failed;
        outcomes.push_back(outcome(kind));
        own.endings.push_back(
            ending(lease.envelope(), lease.envelope().recipients[i], positions[i], kind));
    }
    journal_.settling(number, own.endings);
    stage_->spool->settle(std::move(lease), outcomes);
    settled.push_back(std::move(own));
}

/// Everything settled so far is in the store: the call that stored it has returned. What came while
/// a report on its message was being stored remains for the next time.
Workload::Task Workload::flush(std::vector<Settled>& settled) {
    const auto later =
        std::stable_partition(settled.begin(), settled.end(), [this](const Settled& one) {
            return !journal_.is_reported_on(one.number);
        });
    std::vector<Settled> ready(std::make_move_iterator(settled.begin()),
                               std::make_move_iterator(later));
    settled.erase(settled.begin(), later);
    std::function<void(std::function<void(bool)>)> start = [this](auto done) {
        stage_->committer->on_store([done](queue::Store&) { done(true); });
    };
    co_await relay::net::hand_over<bool>(std::move(start));
    for (const Settled& one : ready) {
        journal_.settled(one.number, one.endings);
    }
}

Workload::Task Workload::report(relay::Notice notice, std::uint64_t seed) {
    Random random(seed);
    if (below(2, random) == 0) {
        co_await pause(std::chrono::microseconds(below(20000, random)));
    }
    PromisedMessage made;
    made.number = journal_.next_number();
    made.original = journal_.number_of(notice.envelope->id);
    for (const auto* positions : {&notice.failed, &notice.expired, &notice.relayed}) {
        made.positions.insert(made.positions.end(), positions->begin(), positions->end());
    }
    made.body = 500 + below(5000, random);
    made.recipients.push_back({notice.envelope->sender.text(), {}, {}, {}, {}});
    std::string text = "From: <postmaster@example.com>\r\nTo: <app@example.com>\r\nX-Number: " +
                       std::to_string(made.number) + "\r\n\r\n" + body_of(made.number, made.body);
    const int number = made.number;
    journal_.reporting(std::move(made));
    const auto sender = notice.envelope->sender;
    const auto accepted =
        co_await stage_->intake->accept_notice(std::move(text), sender, std::move(notice));
    if (accepted) {
        journal_.reported(number);
    } else {
        journal_.wrong("a report is refused: " + accepted.error().message());
    }
}

Workload::Task Workload::person(std::uint64_t seed) {
    Random random(seed);
    while (sending_ > 0) {
        switch (below(8, random)) {
            case 0: {
                const auto numbers = journal_.accepted_numbers();
                if (numbers.empty()) {
                    break;
                }
                const int number = numbers[below(numbers.size(), random)];
                queue::Filter filter;
                filter.id = journal_.message(number).id;
                if (!filter.id) {
                    break;
                }
                journal_.removing(number);
                const auto removed = co_await stage_->spool->remove(filter);
                if (removed) {
                    journal_.removed(number);
                } else {
                    journal_.wrong("cannot remove: " + removed.error().message());
                }
                break;
            }
            case 1: {
                const queue::Filter all;  // g++ 12 frees a temporary of a co_await twice
                const auto retried = co_await stage_->spool->retry(all);
                if (!retried) {
                    journal_.wrong("cannot retry: " + retried.error().message());
                }
                break;
            }
            default:
                co_await remember(random);
                break;
        }
        co_await pause(std::chrono::microseconds(below(5000, random)));
    }
}

Workload::Task Workload::remember(Random& random) {
    const std::string topic(Journal::kTopic);
    const std::string key = "example.com/k" + std::to_string(below(5, random));
    std::optional<std::string> value;
    relay::Committer::Changes changes;
    if (below(4, random) != 0) {
        value = "state " + std::to_string(random());
        changes.emplace_back(queue::Remember{topic, key, *value, std::nullopt});
    } else {
        changes.emplace_back(queue::Forget{topic, key});
    }
    journal_.remembering(key, value);
    const auto stored = co_await stage_->committer->commit(std::move(changes));
    if (stored) {
        journal_.remembered(key);
    } else {
        journal_.wrong("a fact is refused: " + stored.error().message());
    }
}

}  // namespace crash
