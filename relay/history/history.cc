#include "relay/history/history.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "queue/errors.h"
#include "relay/clock.h"
#include "relay/log.h"

namespace relay::history {

using Steady = std::chrono::steady_clock;

namespace {

constexpr std::size_t kBatchEvents = 4000;
constexpr std::size_t kBatchOctets = std::size_t{4} * 1024 * 1024;
constexpr std::chrono::minutes kSweepEvery{60};
constexpr std::chrono::milliseconds kTidyTime{200};  // of each second, at most

HistoryStore::Limits limits_of(const conf::Queue& settings) {
    return {settings.history, settings.history_size};
}

}  // namespace

History::History(std::string data_dir, queue::Store& queue, const conf::Queue& settings)
    : data_dir_(std::move(data_dir)), queue_(queue), limits_(limits_of(settings)) {
    {
        const std::lock_guard lock(store_mutex_);
        (void)is_usable();
    }
    thread_ = std::thread([this] { run(); });
}

History::~History() {
    stop();
}

void History::note(Event event) {
    const std::size_t octets = event.octets();
    const std::lock_guard lock(mutex_);
    if (stopping_) {
        return;
    }
    octets_ += octets;
    waiting_.push_back(std::move(event));
    if (waiting_.size() > kMaxEvents || octets_ > kMaxOctets) {
        make_room();
    }
}

void History::note(queue::MessageId id,
                   Kind kind,
                   std::vector<std::pair<Field, std::string>> fields) {
    Event event;
    event.id = id;
    event.time = wall_clock();
    event.kind = kind;
    event.fields = std::move(fields);
    note(std::move(event));
}

void History::finish(std::shared_ptr<const queue::Envelope> envelope) {
    Event event;
    event.id = envelope->id;
    event.time = wall_clock();
    event.kind = Kind::Finished;
    event.envelope = std::move(envelope);
    note(std::move(event));
}

void History::make_room() {
    for (; octets_ > kMaxOctets && stripped_ < waiting_.size(); ++stripped_) {
        std::string& transcript = waiting_[stripped_].transcript;
        if (!transcript.empty()) {
            octets_ -= transcript.size();
            transcript = std::string();
            ++dropped_.transcripts;
        }
    }
    while (waiting_.size() > kMaxEvents || octets_ > kMaxOctets) {
        octets_ -= waiting_.front().octets();
        waiting_.pop_front();
        stripped_ -= stripped_ > 0 ? 1 : 0;
        ++dropped_.events;
    }
}

History::Dropped History::dropped() const {
    const std::lock_guard lock(mutex_);
    return dropped_;
}

Story History::read(queue::MessageId id) {
    const std::lock_guard store_lock(store_mutex_);
    Story story;
    if (store_ != nullptr) {
        auto known = store_->read(id);
        if (known) {
            story = std::move(*known);
        } else {
            failed(known.error());
        }
    }
    const std::lock_guard lock(mutex_);
    for (const Event& event : waiting_) {
        if (event.id != id) {
            continue;
        }
        if (event.envelope != nullptr) {
            story.finished = event.envelope;
        } else {
            story.events.push_back(event);
        }
    }
    // What is told of an acceptance comes after it, and so may come after the first attempt.
    std::stable_partition(story.events.begin(), story.events.end(), [](const Event& event) {
        return event.kind == Kind::Accepted;
    });
    return story;
}

void History::reconfigure(const conf::Queue& settings) {
    const std::lock_guard store_lock(store_mutex_);
    const std::lock_guard lock(mutex_);
    limits_ = limits_of(settings);
    if (store_ != nullptr) {
        store_->reconfigure(limits_);
    }
}

void History::run() {
    std::unique_lock lock(mutex_);
    while (!ended_.wait_for(lock, kEvery, [this] { return stopping_; })) {
        lock.unlock();
        write_now();
        lock.lock();
    }
}

void History::stop() {
    {
        const std::lock_guard lock(mutex_);
        stopping_ = true;
    }
    ended_.notify_all();
    if (!thread_.joinable()) {
        return;
    }
    thread_.join();
    write_now();
    const std::lock_guard lock(store_mutex_);
    store_.reset();
    again_ = Steady::time_point::max();
}

void History::write_now() {
    bool more = true;
    while (more) {
        // Let go between two batches, so that read() comes in between.
        const std::lock_guard lock(store_mutex_);
        more = is_usable() && write_waiting();
    }
    tidy();
    const std::lock_guard lock(store_mutex_);
    tell_dropped();
}

bool History::is_usable() {
    if (Steady::now() < again_) {
        return false;
    }
    if (store_ != nullptr) {
        return true;
    }
    HistoryStore::Limits limits;
    {
        const std::lock_guard lock(mutex_);
        limits = limits_;
    }
    auto opened = HistoryStore::open(data_dir_, limits);
    if (!opened && opened.error().code == queue::errc::StoreDamaged) {
        failed(opened.error());
        opened = HistoryStore::open(data_dir_, limits);
    }
    if (!opened) {
        failed(opened.error());
        return false;
    }
    store_ = std::move(*opened);
    return true;
}

/// Mail goes on without its history.
void History::failed(const conf::Error& error) {
    if (error.code != queue::errc::StoreFull) {  // a full one can still be read
        store_.reset();
    }
    again_ = Steady::now() + kAgain;
    log::Event event(log::Level::Error, "history");
    event.field("error", error.detail);  // its code's words are the queue's
    if (error.code != queue::errc::StoreDamaged) {
        event.field("advice", "mail goes on without its history, which is tried again in a minute");
    } else if (const auto aside = HistoryStore::set_aside(data_dir_); !aside) {
        event.field("advice", aside.error().detail);
    } else {
        event.field("advice", "it lies in history.db.damaged, a new one begins");
        again_ = Steady::now();
    }
}

/// One batch. False: nothing is left, or nothing can be written.
bool History::write_waiting() {
    std::vector<Event> batch;
    {
        const std::lock_guard lock(mutex_);
        std::size_t octets = 0;
        while (!waiting_.empty() && batch.size() < kBatchEvents && octets < kBatchOctets) {
            octets += waiting_.front().octets();
            batch.push_back(std::move(waiting_.front()));
            waiting_.pop_front();
        }
        octets_ -= octets;
        stripped_ -= std::min(stripped_, batch.size());
    }
    if (batch.empty()) {
        return false;
    }
    auto written = store_->write(batch);
    if (!written) {
        failed(written.error());
        if (is_usable()) {  // a new one
            written = store_->write(batch);
            if (!written) {
                failed(written.error());
            }
        }
    }
    if (written) {
        return true;
    }
    const std::lock_guard lock(mutex_);
    for (const Event& event : batch) {
        octets_ += event.octets();
    }
    waiting_.insert(waiting_.begin(),
                    std::make_move_iterator(batch.begin()),
                    std::make_move_iterator(batch.end()));
    stripped_ = 0;
    make_room();
    return false;
}

void History::tidy() {
    const auto end = Steady::now() + kTidyTime;
    bool more = true;
    while (more && Steady::now() < end) {
        const std::lock_guard lock(store_mutex_);
        if (store_ == nullptr || Steady::now() < again_) {
            return;
        }
        const auto tidied = store_->tidy(wall_clock());
        if (!tidied) {
            failed(tidied.error());
            return;
        }
        more = *tidied;
    }
    const std::lock_guard lock(store_mutex_);
    if (store_ == nullptr || Steady::now() < sweep_again_) {
        return;
    }
    const auto swept = store_->sweep(wall_clock(), [this](queue::MessageId id) {
        const auto found = queue_.load(id);
        return found || found.error().code != queue::errc::NotFound;
    });
    if (!swept) {
        failed(swept.error());
    } else if (!*swept) {
        sweep_again_ = Steady::now() + kSweepEvery;
    }
}

void History::tell_dropped() {
    const Dropped now = dropped();
    if ((now.events == told_dropped_.events && now.transcripts == told_dropped_.transcripts) ||
        (told_ != Steady::time_point{} && Steady::now() < told_ + kAgain)) {
        return;
    }
    log::Event(log::Level::Warning, "history")
        .field("dropped_events", static_cast<std::int64_t>(now.events - told_dropped_.events))
        .field("dropped_transcripts",
               static_cast<std::int64_t>(now.transcripts - told_dropped_.transcripts));
    told_ = Steady::now();
    told_dropped_ = now;
}

}  // namespace relay::history
