#include "relay/net/resolver.h"

#include <algorithm>
#include <atomic>
#include <mutex>
#include <utility>

#include <boost/asio/async_result.hpp>
#include <boost/asio/this_coro.hpp>

#include "relay/net/dns_cache.h"
#include "relay/net/lookups.h"
#include "relay/net/unbound_answer.h"

namespace relay::net {

class Resolver::State : public std::enable_shared_from_this<Resolver::State> {
public:
    enum class Freshness { Cached, Fresh };

    explicit State(const conf::Dns& settings) : cache_(settings.cache_size) {}

    conf::Result<void> open(const conf::Dns& settings, asio::io_context& watcher);
    static Task<Answer> ask(std::shared_ptr<State> self,
                            std::string name,
                            RecordType type,
                            Freshness);
    void stop() { lookups_->stop(); }
    [[nodiscard]] Counters counters() const;

private:
    void count(Answer::Status status);

    std::shared_ptr<Lookups> lookups_;
    std::mutex mutex_;  // guards the cache
    DnsCache cache_;
    std::atomic<std::uint64_t> found_{0}, negative_{0}, failed_{0}, timed_out_{0}, cached_{0},
        asked_{0};
};

conf::Result<void> Resolver::State::open(const conf::Dns& settings, asio::io_context& watcher) {
    auto context = open_unbound(settings);
    if (!context) {
        return context.error();
    }
    // Weak: what still waits on the watching loop may outlive this object.
    auto keep = [weak = weak_from_this()](
                    const std::string& key, RecordType type, const Answer& answer) {
        if (const auto self = weak.lock()) {
            const std::lock_guard lock(self->mutex_);
            self->cache_.store(key, type, answer, DnsCache::Clock::now());
        }
    };
    lookups_ =
        std::make_shared<Lookups>(std::move(*context), watcher, settings.timeout, std::move(keep));
    if (!lookups_->start()) {
        return conf::Error{make_error_code(DnsErrc::Unusable), "no thread for libunbound"};
    }
    return {};
}

Task<Answer> Resolver::State::ask(std::shared_ptr<State> self,
                                  std::string name,
                                  RecordType type,
                                  Freshness freshness) {
    if (name.ends_with('.')) {
        name.pop_back();
    }
    std::transform(name.begin(), name.end(), name.begin(), [](char c) {
        return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    });
    if (!is_askable(name)) {
        self->count(Answer::Status::NoDomain);
        Answer answer;
        answer.status = Answer::Status::NoDomain;
        answer.ttl = std::chrono::hours(1);
        co_return answer;
    }
    if (freshness == Freshness::Cached) {
        std::optional<Answer> kept;
        {
            const std::lock_guard lock(self->mutex_);
            kept = self->cache_.find(dns_key(name, type), DnsCache::Clock::now());
        }
        if (kept) {
            self->cached_.fetch_add(1, std::memory_order_relaxed);
            co_return std::move(*kept);
        }
    }
    Executor executor = co_await asio::this_coro::executor;
    auto initiation = [&self, &name, type, executor](auto handler) {
        if (self->lookups_->ask(name, type, executor, Lookups::Resume(std::move(handler)))) {
            self->asked_.fetch_add(1, std::memory_order_relaxed);
        }
    };
    const asio::use_awaitable_t<Executor> token;
    Answer answer =
        co_await asio::async_initiate<const asio::use_awaitable_t<Executor>, void(Answer)>(
            std::move(initiation), token);
    self->count(answer.status);
    if (freshness == Freshness::Cached && answer.definite()) {
        answer.ttl = DnsCache::lifetime(type, answer);
    }
    co_return answer;
}

void Resolver::State::count(Answer::Status status) {
    switch (status) {
        case Answer::Status::Found:
            found_.fetch_add(1, std::memory_order_relaxed);
            return;
        case Answer::Status::NoData:
        case Answer::Status::NoDomain:
            negative_.fetch_add(1, std::memory_order_relaxed);
            return;
        case Answer::Status::Failed:
        case Answer::Status::Bogus:
            failed_.fetch_add(1, std::memory_order_relaxed);
            return;
        case Answer::Status::TimedOut:
            timed_out_.fetch_add(1, std::memory_order_relaxed);
            return;
    }
}

Resolver::Counters Resolver::State::counters() const {
    return Counters{found_, negative_, failed_, timed_out_, cached_, asked_};
}

conf::Result<std::unique_ptr<Resolver>> Resolver::create(const conf::Dns& settings,
                                                         asio::io_context& watcher) {
    auto state = std::make_shared<State>(settings);
    if (auto opened = state->open(settings, watcher); !opened) {
        return opened.error();
    }
    return std::unique_ptr<Resolver>(new Resolver(std::move(state)));
}

Resolver::Resolver(std::shared_ptr<State> state) : state_(std::move(state)) {}

Resolver::~Resolver() {
    state_->stop();
}

Task<Answer> Resolver::query(std::string name, RecordType type) {
    return State::ask(state_, std::move(name), type, State::Freshness::Cached);
}

Task<Answer> Resolver::query_fresh(std::string name, RecordType type) {
    return State::ask(state_, std::move(name), type, State::Freshness::Fresh);
}

void Resolver::stop() {
    state_->stop();
}

Resolver::Counters Resolver::counters() const {
    return state_->counters();
}

}  // namespace relay::net
