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

net::Task<conf::Result<void>> Committer::commit(Changes changes) {
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
        const auto now = Clock::now();
        const bool riders_due = !riding_.empty() && now >= ride_until_;
        if (urgent_.empty() && !riders_due && work_.empty() && !stopping_) {
            if (riding_.empty()) {
                if (wake_.wait_for(lock, std::chrono::seconds(1)) == std::cv_status::timeout &&
                    urgent_.empty() && work_.empty() && now - last_tidy > std::chrono::seconds(1)) {
                    last_tidy = Clock::now();
                    lock.unlock();
                    const auto wall = std::chrono::floor<std::chrono::milliseconds>(
                        std::chrono::system_clock::now());
                    if (const auto tidied = store_.tidy(wall); !tidied) {
                        log::Event(log::Level::Warning, "store-upkeep")
                            .field("error", tidied.error().message());
                    }
                    lock.lock();
                }
            } else {
                wake_.wait_until(lock, ride_until_);
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
        std::deque<Entry> batch;
        std::size_t payload = 0;
        for (auto* from : {&riding_, &urgent_}) {
            while (!from->empty() &&
                   (batch.empty() || payload + from->front().payload <= kMaxPayload)) {
                payload += from->front().payload;
                batch.push_back(std::move(from->front()));
                from->pop_front();
            }
        }
        if (!riding_.empty()) {
            ride_until_ = Clock::now();
        }
        if (!batch.empty()) {
            last_start = Clock::now();
            busy_since_.store(last_start.time_since_epoch().count(), std::memory_order_relaxed);
            lock.unlock();
            commit_batch(batch);
            lock.lock();
        }
        if (urgent_.empty() && riding_.empty()) {
            while (!work_.empty()) {
                auto work = std::move(work_.front());
                work_.pop_front();
                busy_since_.store(Clock::now().time_since_epoch().count(),
                                  std::memory_order_relaxed);
                lock.unlock();
                work(store_);
                work = nullptr;
                lock.lock();
            }
        }
        busy_since_.store(0, std::memory_order_relaxed);
        if (stopping_ && urgent_.empty() && riding_.empty() && work_.empty()) {
            return;
        }
    }
}

void Committer::commit_batch(std::deque<Entry>& batch) {
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
    metrics_.commit_seconds.observe(Clock::now() - begun);
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
