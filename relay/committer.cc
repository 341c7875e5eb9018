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

// Between two upkeeps, while nobody asks for anything, and while somebody always does.
constexpr std::chrono::seconds kTidyIdle{1};
constexpr std::chrono::seconds kTidyBusy{60};

bool is_full(const conf::Result<void>& result) {
    return !result && result.error().code == queue::errc::StoreFull;
}

/// What a change is about: no two changes of one row may change places.
std::string row_of(const queue::Change& change) {
    struct Row {
        std::string operator()(const queue::Insert& insert) const {
            return insert.message->envelope.id.text();
        }
        std::string operator()(const queue::Update& update) const {
            return update.envelope->id.text();
        }
        std::string operator()(const queue::AddChunk& chunk) const { return chunk.id.text(); }
        std::string operator()(const queue::DropChunks& chunks) const { return chunks.id.text(); }
        std::string operator()(const queue::Resign& resign) const { return resign.id.text(); }
        std::string operator()(const queue::Remove& remove) const { return remove.id.text(); }
        std::string operator()(const queue::Remember& fact) const {
            return fact.topic + '/' + fact.key;
        }
        std::string operator()(const queue::Forget& fact) const {
            return fact.topic + '/' + fact.key;
        }
    };
    return std::visit(Row{}, change);
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
    return !writing_ && riders_ == waiting_.size() && !stopping_ &&
           expected_.load(std::memory_order_relaxed) == 0;
}

/// With the lock held: as many of the oldest as fit, up to the next piece of work.
Committer::Batch Committer::next_batch() {
    Batch batch;
    std::size_t payload = 0;
    while (!waiting_.empty() && !waiting_.front().work &&
           (batch.empty() || payload + waiting_.front().payload <= kMaxPayload)) {
        payload += waiting_.front().payload;
        riders_ -= waiting_.front().rides() ? 1 : 0;
        batch.push_back(std::move(waiting_.front()));
        waiting_.pop_front();
    }
    if (riders_ > 0) {
        ride_until_ = Clock::now();  // they ride with the rest
    }
    return batch;
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
        batch = next_batch();
        if (!waiting_.empty()) {  // too many ride: none is overtaken
            riders_ += batch.size();
            waiting_.insert(waiting_.begin(),
                            std::make_move_iterator(batch.begin()),
                            std::make_move_iterator(batch.end()));
            return std::nullopt;
        }
        batch.push_back({std::move(changes),
                         [&own](const conf::Result<void>& result) { own = result; },
                         {},
                         payload});
        begin_writing();
    }
    commit_batch(std::move(batch));
    const std::lock_guard lock(mutex_);
    end_writing();
    if (riders_ < waiting_.size() || stopping_) {
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
    Entry entry{std::move(changes), std::move(done), {}, 0};
    entry.payload = payload_of(entry.changes);
    {
        const std::lock_guard lock(mutex_);
        if (!stopping_) {
            give(std::move(entry));
            return;
        }
    }
    entry.done(queue::error(queue::errc::StoreLatched, "the relay is shutting down"));
}

void Committer::commit_later(Changes changes) {
    Entry entry{std::move(changes), {}, {}, 0};
    entry.payload = payload_of(entry.changes);
    const std::lock_guard lock(mutex_);
    give(std::move(entry));
}

void Committer::on_store(std::function<void(queue::Store&)> work) {
    const std::lock_guard lock(mutex_);
    give({{}, {}, std::move(work), 0});
}

/// With the lock held.
void Committer::give(Entry entry) {
    const bool rides = entry.rides();
    waiting_.push_back(std::move(entry));
    if (!rides) {
        wake_.notify_one();
    } else if (++riders_ == 1) {
        ride_until_ = Clock::now() + kRide;
        wake_.notify_one();
    }
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
    std::unique_lock lock(mutex_);
    for (;;) {
        if (writing_) {
            wake_.wait(lock);  // a loop commits by itself
            continue;
        }
        const auto now = Clock::now();
        const bool riders_due = riders_ > 0 && now >= ride_until_;
        const bool room_due = !put_off_.empty() && now >= put_off_until_;
        if (riders_ == waiting_.size() && !riders_due && !room_due && !stopping_) {
            wait_for_more(lock);
            continue;
        }
        // Others are about to ask: one sync for all of them is worth a short wait.
        if (riders_ < waiting_.size() && !waiting_.front().work && !stopping_ &&
            expected_.load(std::memory_order_relaxed) > 0) {
            const auto until = last_start_ + kWindow;
            if (now < until) {
                wake_.wait_until(lock, until, [this] { return stopping_; });
                if (writing_) {
                    continue;
                }
            }
        }
        const bool last = stopping_;
        begin_writing();
        work_on(lock);
        end_writing();
        if (last && waiting_.empty()) {
            break;
        }
        if (!last && Clock::now() - last_tidy_ > kTidyBusy) {
            tidy(lock);
        }
    }
    for (const auto& entry : put_off_) {
        log::Event(log::Level::Error, "store")
            .field(
                "error",
                "the disk is full: an outcome is not recorded and its message will be tried again")
            .field("row", row_of(entry.changes.front()));
    }
}

void Committer::wait_for_more(std::unique_lock<std::mutex>& lock) {
    const auto now = Clock::now();
    if (riders_ == 0 && is_idle() && now - last_tidy_ > kTidyIdle) {
        tidy(lock);
        return;
    }
    auto until = now + kTidyIdle;
    if (riders_ > 0) {
        until = std::min(until, ride_until_);
    }
    if (!put_off_.empty()) {
        until = std::min(until, put_off_until_);
    }
    wake_.wait_until(lock, until);
}

/// One commit, and the pieces of work right behind it.
void Committer::work_on(std::unique_lock<std::mutex>& lock) {
    Batch batch = next_batch();
    const bool last_try = stopping_;
    lock.unlock();
    if (!put_off_.empty() && (last_try || Clock::now() >= put_off_until_)) {
        batch.insert(batch.begin(),
                     std::make_move_iterator(put_off_.begin()),
                     std::make_move_iterator(put_off_.end()));
        put_off_.clear();
        put_off_rows_.clear();
    }
    if (!batch.empty()) {
        last_start_ = Clock::now();
        commit_batch(std::move(batch));
    }
    lock.lock();
    while (!waiting_.empty() && waiting_.front().work) {
        auto work = std::move(waiting_.front().work);
        waiting_.pop_front();
        begin_writing();
        lock.unlock();
        work(store_);
        work = nullptr;
        lock.lock();
    }
}

void Committer::tidy(std::unique_lock<std::mutex>& lock) {
    last_tidy_ = Clock::now();
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

void Committer::commit_batch(Batch batch) {
    if (!put_off_rows_.empty()) {
        const auto later =
            std::stable_partition(batch.begin(), batch.end(), [this](const Entry& entry) {
                return !waits_for_room(entry);
            });
        for (auto entry = later; entry != batch.end(); ++entry) {
            finish(*entry,
                   queue::error(queue::errc::StoreFull, "an earlier change waits for room"));
        }
        batch.erase(later, batch.end());
        if (batch.empty()) {
            return;
        }
    }
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
    const conf::Result<void> result = store_.commit(all);
    const auto taken = Clock::now() - begun;
    usual_ = (usual_.load(std::memory_order_relaxed) * 7 + taken.count()) / 8;
    metrics_.commit_seconds.observe(taken);
    metrics_.commit_messages.observe(static_cast<double>(messages));
    if (is_full(result)) {
        for (std::size_t i = 0; i < batch.size(); ++i) {
            const auto begin = all.begin() + static_cast<std::ptrdiff_t>(begins[i]);
            const auto end = all.begin() + static_cast<std::ptrdiff_t>(begins[i + 1]);
            batch[i].changes.assign(std::make_move_iterator(begin), std::make_move_iterator(end));
        }
        commit_each(batch, result);
        return;
    }
    for (auto& entry : batch) {
        finish(entry, result);
    }
}

/// The disk is too full for all of them together.
void Committer::commit_each(Batch& batch, const conf::Result<void>& together) {
    for (auto& entry : batch) {
        if (batch.size() == 1 || waits_for_room(entry)) {
            finish(entry, together);
        } else {
            finish(entry, store_.commit(entry.changes));
        }
    }
}

void Committer::finish(Entry& entry, const conf::Result<void>& result) {
    if (entry.done) {
        entry.done(result);
    } else if (is_full(result)) {
        // An outcome must not be forgotten, or the message would be sent again.
        for (const auto& change : entry.changes) {
            put_off_rows_.insert(row_of(change));
        }
        if (put_off_.empty()) {
            put_off_until_ = Clock::now() + kRetryFull;
        }
        put_off_.push_back(std::move(entry));
    } else if (!result) {
        log::Event(log::Level::Error, "store").field("error", result.error().message());
    }
}

bool Committer::waits_for_room(const Entry& entry) const {
    return std::any_of(entry.changes.begin(), entry.changes.end(), [this](const auto& change) {
        return put_off_rows_.contains(row_of(change));
    });
}

}  // namespace relay
