#include "tests/load/store_load.h"

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <deque>
#include <future>
#include <thread>
#include <utility>

#include <boost/asio/post.hpp>

#include "relay/clock.h"
#include "tests/load/options.h"

namespace load {

using relay::Committer;
using relay::net::Task;

namespace {

constexpr std::chrono::milliseconds kTick{1};  // also how long a message takes to arrive

void check(const conf::Result<void>& result) {
    if (!result) {
        std::fprintf(stderr, "commit: %s\n", result.error().message().c_str());
        std::_Exit(1);  // loops and the committer are at work
    }
}

double ms_since(Steady::time_point begin) {
    return std::chrono::duration<double, std::milli>(Steady::now() - begin).count();
}

std::uint64_t count_of(const relay::Histogram& histogram) {
    return histogram.snapshot().cumulative.back();
}

}  // namespace

/// What one loop does in one period.
class StoreLoad::Source {
public:
    Source(StoreLoad& load, relay::net::Loop& loop, const Period& period, std::uint64_t share)
        : load_(load),
          loop_(loop),
          period_(period),
          share_(share),
          timer_(loop.executor()),
          begin_(Steady::now()),
          count_from_(begin_ + period.warm),
          end_(count_from_ + period.counted) {}

    void start() {
        loop_.spawn("source", run(), [this] { done_.set_value(); });
    }
    void wait() { done_.get_future().wait(); }

    std::vector<double> accept_ms;  // of what came in the counted time
    double large_ms = 0;
    bool with_large = false;

private:
    struct Coming {
        Coming(Committer& committer, Steady::time_point due) : expectation(committer), at(due) {}
        Committer::Expectation expectation;
        Steady::time_point at;  // when it is here
    };
    struct Living {
        Steady::time_point until;
        std::shared_ptr<const queue::Envelope> envelope;
        bool put_off = false;
    };

    Task<> run() {
        for (std::uint64_t n = 0; n < share_ && period_.rate == 0; ++n) {
            ++busy_;
            loop_.spawn("sender", send());
        }
        bool large_begun = !with_large;
        auto tick = begin_;
        for (auto now = begin_; now < end_ || busy_ > 0 || !living_.empty(); now = Steady::now()) {
            if (!large_begun && now >= count_from_) {
                large_begun = true;
                ++busy_;
                loop_.spawn("large", accept_large());
            }
            if (period_.rate > 0) {
                take_arrivals(now);
            }
            settle(now);
            tick = std::max(tick + kTick, now);
            timer_.expires_at(tick);
            auto [ec] = co_await timer_.async_wait(relay::net::kAsTuple);
            (void)ec;
        }
    }

    /// What has arrived asks for its commit; what begins by now is expected.
    void take_arrivals(Steady::time_point now) {
        while (!coming_.empty() && coming_.front().at <= now) {
            const auto at = coming_.front().at;
            coming_.pop_front();
            ++busy_;
            loop_.spawn("accept", accept_one(at));
        }
        const auto spacing = std::chrono::duration<double>(1 / static_cast<double>(share_));
        for (;;) {
            const auto at = begin_ + std::chrono::duration_cast<Steady::duration>(
                                         static_cast<double>(begun_) * spacing);
            if (at > now || at >= end_) {
                return;
            }
            ++begun_;
            coming_.emplace_back(load_.committer_, at + kTick);
        }
    }

    void settle(Steady::time_point now) {
        while (!living_.empty() && living_.front().until <= now) {
            Living one = std::move(living_.front());
            living_.pop_front();
            Committer::Changes changes;
            if (!one.put_off && ++attempted_ % 100 < load_.habits_.deferred) {
                const auto due = relay::wall_clock() + std::chrono::minutes(1);
                auto after =
                    std::make_shared<queue::Envelope>(SampleMail::deferred(*one.envelope, due));
                changes.emplace_back(queue::Update{after, due});
                living_.push_back({now + load_.habits_.life, std::move(after), true});
            } else {
                changes.emplace_back(queue::Remove{one.envelope->id});
                ++load_.settled_;
            }
            load_.committer_.commit_later(std::move(changes));
        }
    }

    Task<> accept_one(Steady::time_point at) {
        co_await accept(at);
        --busy_;
    }

    /// One of the senders that come back at once; the loop turns while the next message arrives.
    Task<> send() {
        while (Steady::now() < end_) {
            {
                const Committer::Expectation expectation(load_.committer_);
                co_await boost::asio::post(loop_.executor(), relay::net::kAsTuple);
            }
            co_await accept(Steady::now());
        }
        --busy_;
    }

    Task<> accept(Steady::time_point at) {
        auto message = std::make_shared<queue::Message>(
            load_.mail_.message(load_.next_id(), number_++, relay::wall_clock()));
        Committer::Changes changes;
        changes.emplace_back(queue::Insert{message, std::nullopt});
        const auto result = co_await load_.committer_.commit(std::move(changes));
        check(result);
        ++load_.accepted_;
        if (at >= count_from_) {
            accept_ms.push_back(ms_since(at));
        }
        keep(*message);
    }

    void keep(const queue::Message& message) {
        living_.push_back({Steady::now() + load_.habits_.life,
                           std::make_shared<const queue::Envelope>(message.envelope)});
    }

    /// As Arrival and Spool do it: rows while it arrives, each a commit of its own, then the
    /// message.
    Task<> accept_large() {
        const auto begin = Steady::now();
        auto message = std::make_shared<queue::Message>(
            load_.mail_.message(load_.next_id(), number_++, relay::wall_clock()));
        queue::Content content = *load_.mail_.content();
        content.body.clear();
        content.body_size = period_.large;
        {
            const Committer::Expectation expectation(load_.committer_);
            for (std::uint64_t left = period_.large; left > 0;) {
                const auto size = std::min<std::uint64_t>(left, queue::kChunkSize);
                Committer::Changes changes;
                changes.emplace_back(queue::AddChunk{
                    message->envelope.id, content.chunks++, std::string(size, 'x')});
                const auto stored = co_await load_.committer_.commit(std::move(changes));
                check(stored);
                left -= size;
            }
        }
        message->content = std::make_shared<const queue::Content>(std::move(content));
        Committer::Changes changes;
        changes.emplace_back(queue::Insert{message, std::nullopt});
        const auto result = co_await load_.committer_.commit(std::move(changes));
        check(result);
        large_ms = ms_since(begin);
        keep(*message);
        --busy_;
    }

    StoreLoad& load_;
    relay::net::Loop& loop_;
    const Period& period_;
    std::uint64_t share_;  // of the rate, or of the senders
    relay::net::Timer timer_;
    Steady::time_point begin_, count_from_, end_;

    // On the loop.
    std::uint64_t begun_ = 0, number_ = 0, attempted_ = 0;
    int busy_ = 0;
    std::deque<Coming> coming_;
    std::deque<Living> living_;  // in order of their time

    std::promise<void> done_;
};

StoreLoad::StoreLoad(queue::Store& store, const SampleMail& mail, Habits habits)
    : store_(store),
      mail_(mail),
      habits_(habits),
      ids_(1, store.last_id()),
      committer_(store, metrics_) {
    loops_.start();
}

StoreLoad::~StoreLoad() {
    committer_.stop();
    loops_.stop();
    loops_.join();
}

queue::MessageId StoreLoad::next_id() {
    const std::lock_guard lock(ids_mutex_);
    return ids_.next(relay::wall_clock());
}

StoreLoad::Marks StoreLoad::durable_marks() {
    Marks marks;
    std::promise<void> reached;
    marks.accepted = accepted_;
    marks.settled = settled_;
    committer_.on_store([&](queue::Store&) {
        marks.time = Steady::now();
        reached.set_value();
    });
    reached.get_future().wait();
    return marks;
}

StoreLoad::Figures StoreLoad::run(const Period& period) {
    const auto begin = Steady::now();
    const auto accepted = accepted_.load();
    const auto commits = count_of(metrics_.commit_seconds);
    const auto commit_seconds = metrics_.commit_seconds.snapshot().sum;
    std::vector<std::unique_ptr<Source>> sources;
    auto& loops = loops_.all();
    for (std::size_t n = 0; n < loops.size(); ++n) {
        const auto whole = period.rate > 0 ? period.rate : period.senders;
        const auto share = (whole + n) / loops.size();
        if (share > 0) {
            sources.push_back(std::make_unique<Source>(*this, *loops[n], period, share));
        }
    }
    sources.front()->with_large = period.large > 0;
    for (auto& source : sources) {
        source->start();
    }
    std::this_thread::sleep_until(begin + period.warm);
    const Marks first = durable_marks();
    std::this_thread::sleep_until(begin + period.warm + period.counted);
    const Marks last = durable_marks();

    Figures figures;
    for (auto& source : sources) {
        source->wait();
        figures.accept_ms.insert(
            figures.accept_ms.end(), source->accept_ms.begin(), source->accept_ms.end());
        figures.large_ms = std::max(figures.large_ms, source->large_ms);
    }
    const Marks end = durable_marks();
    std::sort(figures.accept_ms.begin(), figures.accept_ms.end());
    const auto five = std::min<std::size_t>(figures.accept_ms.size(), 5);
    figures.worst.assign(figures.accept_ms.rbegin(),
                         figures.accept_ms.rbegin() + static_cast<std::ptrdiff_t>(five));
    figures.accepted = end.accepted - accepted;
    const double counted = std::chrono::duration<double>(last.time - first.time).count();
    figures.accept_rate = static_cast<double>(last.accepted - first.accepted) / counted;
    figures.settle_rate = static_cast<double>(last.settled - first.settled) / counted;
    const auto made = static_cast<double>(count_of(metrics_.commit_seconds) - commits);
    figures.commits = made / std::chrono::duration<double>(end.time - begin).count();
    figures.commit_ms = (metrics_.commit_seconds.snapshot().sum - commit_seconds) / made * 1000;
    return figures;
}

}  // namespace load
