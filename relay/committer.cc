#include "relay/committer.h"

#include <algorithm>
#include <iterator>
#include <memory>
#include <pthread.h>
#include <utility>

#include "queue/errors.h"
#include "relay/log.h"
#include "relay/net/hand_over.h"

namespace relay {

using Clock = std::chrono::steady_clock;

namespace {

bool is_full(const conf::Result<void>& result) {
    return !result && result.error().code == queue::errc::StoreFull;
}

}  // namespace

Committer::Committer(queue::Store& store, Metrics& metrics) : store_(store), metrics_(metrics) {
    thread_ = std::thread([this] {
        pthread_setname_np(pthread_self(), "committer");
        run();
    });
}

Committer::~Committer() {
    stop();
}

std::size_t Committer::payload_of(const Changes& changes) {
    std::size_t octets = 0;
    for (const auto& change : changes) {
        if (const auto* insert = std::get_if<queue::Insert>(&change)) {
            const auto& content = *insert->message->content;
            octets += content.header.size() + content.body.size() + content.signatures.size();
        } else if (const auto* chunk = std::get_if<queue::AddChunk>(&change)) {
            octets += chunk->octets.size();
        }
        octets += 200;  // the envelope and the row around it
    }
    return octets;
}

bool Committer::is_idle() const {
    return !writing_ && urgent_.empty() && work_.empty() && !stopping_ &&
           expected_.load(std::memory_order_relaxed) == 0;
}

/// As many of the oldest as fit.
void Committer::move_to(Batch& batch, Batch& from, std::size_t& payload) {
    while (!from.empty() && (batch.empty() || payload + from.front().payload <= kMaxPayload)) {
        payload += from.front().payload;
        batch.push_back(std::move(from.front()));
        from.pop_front();
    }
}

/// The lock is held; from here until end_writing() nobody else writes.
void Committer::begin_writing() {
    writing_ = true;
    busy_since_.store(Clock::now().time_since_epoch().count(), std::memory_order_relaxed);
}

void Committer::end_writing() {
    writing_ = false;
    busy_since_.store(0, std::memory_order_relaxed);
}

/// Nothing where it is the committer's turn.
std::optional<conf::Result<void>> Committer::commit_here(Changes& changes) {
    const std::size_t payload = payload_of(changes);
    if (payload > kSmall || usual_ >= std::chrono::nanoseconds(kShort).count()) {
        return std::nullopt;
    }
    std::optional<conf::Result<void>> own;
    Batch batch;
    {
        const std::lock_guard lock(mutex_);
        if (!is_idle()) {
            return std::nullopt;
        }
        std::size_t whole = payload;
        move_to(batch, riding_, whole);
        batch.push_back({std::move(changes),
                         [&own](const conf::Result<void>& result) { own = result; },
                         payload});
        begin_writing();
    }
    commit_batch(batch);
    const std::lock_guard lock(mutex_);
    end_writing();
    if (!urgent_.empty() || !work_.empty() || stopping_) {
        wake_.notify_one();  // they came meanwhile
    }
    return own;
}

net::Task<conf::Result<void>> Committer::commit(Changes changes) {
    if (auto result = commit_here(changes)) {
        co_return std::move(*result);
    }
    std::function<void(std::function<void(conf::Result<void>)>)> start = [this,
                                                                          &changes](auto done) {
        commit(std::move(changes), [done](const conf::Result<void>& result) { done(result); });
    };
    conf::Result<void> result = co_await net::hand_over<conf::Result<void>>(std::move(start));
    co_return result;
}

void Committer::commit(Changes changes, Done done) {
    Entry entry{std::move(changes), std::move(done), 0};
    entry.payload = payload_of(entry.changes);
    {
        const std::lock_guard lock(mutex_);
        if (!stopping_) {
            urgent_.push_back(std::move(entry));
            wake_.notify_one();
            return;
        }
    }
    entry.done(queue::error(queue::errc::StoreLatched, "the relay is shutting down"));
}

void Committer::commit_later(Changes changes) {
    Entry entry{std::move(changes), {}, 0};
    entry.payload = payload_of(entry.changes);
    const std::lock_guard lock(mutex_);
    const bool first = riding_.empty();
    riding_.push_back(std::move(entry));
    if (first) {
        ride_until_ = Clock::now() + kRide;
        wake_.notify_one();
    }
}

void Committer::on_store(std::function<void(queue::Store&)> work) {
    const std::lock_guard lock(mutex_);
    work_.push_back(std::move(work));
    wake_.notify_one();
}

void Committer::stop() {
    {
        const std::lock_guard lock(mutex_);
        stopping_ = true;
        wake_.notify_one();
    }
    if (thread_.joinable()) {
        thread_.join();
    }
}

Clock::duration Committer::busy_for() const {
    const auto since = busy_since_.load(std::memory_order_relaxed);
    return since == 0 ? Clock::duration::zero()
                      : Clock::now().time_since_epoch() - Clock::duration(since);
}

void Committer::run() {
    Clock::time_point last_start{};
    Clock::time_point last_tidy = Clock::now();
    std::unique_lock lock(mutex_);
    for (;;) {
        if (writing_) {
            wake_.wait(lock);  // a loop commits by itself
            continue;
        }
        const auto now = Clock::now();
        const bool riders_due = !riding_.empty() && now >= ride_until_;
        if (urgent_.empty() && !riders_due && work_.empty() && !stopping_) {
            if (!riding_.empty()) {
                wake_.wait_until(lock, ride_until_);
            } else if (wake_.wait_for(lock, std::chrono::seconds(1)) == std::cv_status::timeout &&
                       is_idle() && now - last_tidy > std::chrono::seconds(1)) {
                last_tidy = Clock::now();
                tidy(lock);
            }
            continue;
        }
        // Others are about to ask: one sync for all of them is worth a short wait.
        if (!urgent_.empty() && !stopping_ && expected_.load(std::memory_order_relaxed) > 0) {
            const auto until = last_start + kWindow;
            if (now < until) {
                wake_.wait_until(lock, until, [this] { return stopping_; });
            }
        }
        Batch batch;
        std::size_t payload = 0;
        move_to(batch, riding_, payload);
        move_to(batch, urgent_, payload);
        if (!riding_.empty()) {
            ride_until_ = Clock::now();
        }
        begin_writing();
        if (!batch.empty()) {
            last_start = Clock::now();
            lock.unlock();
            commit_batch(batch);
            lock.lock();
        }
        // What comes while one piece works is committed before the next: it may count on that.
        while (!work_.empty() && urgent_.empty() && riding_.empty()) {
            auto work = std::move(work_.front());
            work_.pop_front();
            begin_writing();
            lock.unlock();
            work(store_);
            work = nullptr;
            lock.lock();
        }
        end_writing();
        if (stopping_ && urgent_.empty() && riding_.empty() && work_.empty()) {
            return;
        }
    }
}

void Committer::tidy(std::unique_lock<std::mutex>& lock) {
    begin_writing();
    lock.unlock();
    const auto wall =
        std::chrono::floor<std::chrono::milliseconds>(std::chrono::system_clock::now());
    if (const auto tidied = store_.tidy(wall); !tidied) {
        log::Event(log::Level::Warning, "store-upkeep").field("error", tidied.error().message());
    }
    lock.lock();
    end_writing();
}

void Committer::commit_batch(Batch& batch) {
    Changes all;
    std::vector<std::size_t> begins;
    for (auto& entry : batch) {
        begins.push_back(all.size());
        std::move(entry.changes.begin(), entry.changes.end(), std::back_inserter(all));
    }
    begins.push_back(all.size());
    const auto messages = std::count_if(all.begin(), all.end(), [](const queue::Change& change) {
        return std::holds_alternative<queue::Insert>(change);
    });
    const auto begun = Clock::now();
    conf::Result<void> result = store_.commit(all);
    const auto taken = Clock::now() - begun;
    usual_ = (usual_.load(std::memory_order_relaxed) * 7 + taken.count()) / 8;
    metrics_.commit_seconds.observe(taken);
    metrics_.commit_messages.observe(static_cast<double>(messages));
    const bool split = is_full(result) && batch.size() > 1;
    for (std::size_t i = 0; i < batch.size(); ++i) {
        const std::span<queue::Change> own(all.data() + begins[i], begins[i + 1] - begins[i]);
        if (split) {
            result = store_.commit(own);
        }
        if (batch[i].done) {
            batch[i].done(result);
        } else if (is_full(result)) {
            // An outcome must not be forgotten, or the message would be sent again: it waits for
            // room.
            batch[i].changes.assign(std::make_move_iterator(own.begin()),
                                    std::make_move_iterator(own.end()));
            postpone(std::move(batch[i]));
        } else if (!result) {
            log::Event(log::Level::Error, "store").field("error", result.error().message());
        }
    }
}

void Committer::postpone(Entry entry) {
    const std::lock_guard lock(mutex_);
    if (stopping_) {
        log::Event(log::Level::Error, "store")
            .field(
                "error",
                "the disk is full: an outcome is not recorded and its message will be tried again");
        return;
    }
    riding_.push_back(std::move(entry));
    ride_until_ = Clock::now() + kRetryFull;
}

}  // namespace relay
