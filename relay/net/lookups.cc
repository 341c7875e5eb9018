#include "relay/net/lookups.h"

#include <pthread.h>
#include <signal.h>
#include <unbound.h>
#include <utility>

#include <boost/asio/post.hpp>

#include "relay/net/dns_cache.h"
#include "relay/net/unbound_answer.h"

namespace relay::net {
namespace {

constexpr int kClassInternet = 1;

Answer failure(Answer::Status status, std::string why) {
    Answer answer;
    answer.status = status;
    answer.why = std::move(why);
    return answer;
}

void ignore_result(void* /*unused*/, int /*error*/, ub_result* result) {
    ub_resolve_free(result);
}

}  // namespace

Lookups::Lookups(UnboundContext context,
                 asio::io_context& watcher,
                 std::chrono::milliseconds timeout,
                 Ended ended)
    : context_(std::move(context)),
      watcher_(watcher),
      timeout_(timeout),
      ended_(std::move(ended)),
      descriptor_(watcher, ub_fd(context_.get())),
      timer_(watcher) {}

Lookups::~Lookups() {
    descriptor_.release();  // libunbound closes it
}

bool Lookups::start() {
    // The first question starts libunbound's thread. It must not take the signals that the relay
    // waits for.
    sigset_t all;
    sigset_t before;
    sigfillset(&all);
    pthread_sigmask(SIG_BLOCK, &all, &before);
    const int failed = ub_resolve_async(context_.get(),
                                        "localhost",
                                        static_cast<int>(RecordType::A),
                                        kClassInternet,
                                        nullptr,
                                        &ignore_result,
                                        nullptr);
    pthread_sigmask(SIG_SETMASK, &before, nullptr);
    if (failed == 0) {
        watch();
    }
    return failed == 0;
}

bool Lookups::ask(const std::string& name, RecordType type, Executor executor, Resume resume) {
    auto key = dns_key(name, type);
    std::vector<End> ends;
    bool asked = false;
    {
        const std::lock_guard lock(mutex_);
        const auto found = lookups_.find(key);
        if (found != lookups_.end() && !stopped_) {
            found->second->waiters.push_back(Waiter{std::move(executor), std::move(resume)});
            return false;
        }
        auto made = std::make_unique<Lookup>();
        made->waiters.push_back(Waiter{std::move(executor), std::move(resume)});
        if (stopped_) {
            ends.push_back(
                End{std::move(made), failure(Answer::Status::Failed, "the resolver has stopped")});
        } else if (out_ >= kMaxOut && queue_.size() >= kMaxQueued) {
            ends.push_back(
                End{std::move(made),
                    failure(Answer::Status::Failed,
                            "too many questions wait before " + question_text(name, type))});
        } else {
            auto& lookup = *made;
            lookup.owner = this;
            lookup.name = name;
            lookup.key = key;
            lookup.type = type;
            lookup.deadline = Clock::now() + timeout_;
            lookup.by_deadline = by_deadline_.insert(by_deadline_.end(), &lookup);
            lookups_.emplace(std::move(key), std::move(made));
            if (out_ >= kMaxOut) {
                lookup.queued = queue_.insert(queue_.end(), &lookup);
                lookup.place = Lookup::Place::Queued;
            } else if (asked = begin(lookup); !asked) {
                ends.push_back(End{take(lookup),
                                   failure(Answer::Status::Failed,
                                           "libunbound refuses " + question_text(name, type))});
            }
            if (!sweeping_) {
                sweeping_ = true;
                asio::post(watcher_, [self = shared_from_this()] { self->await_sweep(); });
            }
        }
    }
    finish(std::move(ends));
    return asked;
}

bool Lookups::begin(Lookup& lookup) {
    if (ub_resolve_async(context_.get(),
                         lookup.name.c_str(),
                         static_cast<int>(lookup.type),
                         kClassInternet,
                         &lookup,
                         &Lookups::on_result,
                         &lookup.async_id) != 0) {
        return false;
    }
    lookup.place = Lookup::Place::Out;
    ++out_;
    return true;
}

std::unique_ptr<Lookups::Lookup> Lookups::take(Lookup& lookup) {
    switch (lookup.place) {
        case Lookup::Place::Out:
            --out_;
            break;
        case Lookup::Place::Queued:
            queue_.erase(lookup.queued);
            break;
        case Lookup::Place::Nowhere:
            break;
    }
    by_deadline_.erase(lookup.by_deadline);
    const auto found = lookups_.find(lookup.key);
    auto taken = std::move(found->second);
    lookups_.erase(found);
    return taken;
}

void Lookups::begin_queued(std::vector<End>& ends) {
    while (out_ < kMaxOut && !queue_.empty()) {
        auto& lookup = *queue_.front();
        queue_.pop_front();
        lookup.place = Lookup::Place::Nowhere;
        if (!begin(lookup)) {
            auto text = "libunbound refuses " + question_text(lookup.name, lookup.type);
            ends.push_back(End{take(lookup), failure(Answer::Status::Failed, std::move(text))});
        }
    }
}

void Lookups::on_result(void* lookup, int error, ub_result* result) {
    // Runs inside ub_process(), on the watching loop, as do time-outs: `lookup` stands until one of
    // them takes it.
    auto& mine = *static_cast<Lookup*>(lookup);
    auto& self = *mine.owner;
    Answer answer = answer_from(error, result, mine.name, mine.type);
    ub_resolve_free(result);
    std::vector<End> ends;
    {
        const std::lock_guard lock(self.mutex_);
        if (self.stopped_) {
            return;
        }
        ends.push_back(End{self.take(mine), std::move(answer)});
        self.begin_queued(ends);
    }
    self.finish(std::move(ends));
}

void Lookups::watch() {
    descriptor_.async_wait(asio::posix::stream_descriptor::wait_read,
                           [self = shared_from_this()](error_code failed) {
                               if (failed) {
                                   return;
                               }
                               {
                                   const std::lock_guard lock(self->mutex_);
                                   if (self->stopped_) {
                                       return;
                                   }
                               }
                               ub_process(self->context_.get());
                               self->watch();
                           });
}

void Lookups::await_sweep() {
    Clock::time_point next;
    {
        const std::lock_guard lock(mutex_);
        if (by_deadline_.empty() || stopped_) {
            sweeping_ = false;
            return;
        }
        next = by_deadline_.front()->deadline;
    }
    timer_.expires_at(next);
    timer_.async_wait([self = shared_from_this()](error_code failed) {
        if (!failed) {
            self->sweep();
        }
    });
}

void Lookups::sweep() {
    std::vector<End> ends;
    {
        const std::lock_guard lock(mutex_);
        const auto now = Clock::now();
        while (!by_deadline_.empty() && by_deadline_.front()->deadline <= now && !stopped_) {
            auto& lookup = *by_deadline_.front();
            if (lookup.place == Lookup::Place::Out) {
                ub_cancel(context_.get(), lookup.async_id);
            }
            auto text = "no answer in time for " + question_text(lookup.name, lookup.type);
            ends.push_back(End{take(lookup), failure(Answer::Status::TimedOut, std::move(text))});
        }
        begin_queued(ends);
    }
    finish(std::move(ends));
    await_sweep();
}

void Lookups::finish(std::vector<End> ends) {
    for (auto& [lookup, answer] : ends) {
        if (!lookup->key.empty()) {
            ended_(lookup->key, lookup->type, answer);
        }
        resume(lookup->waiters, answer);
    }
}

void Lookups::resume(std::vector<Waiter>& waiters, const Answer& answer) {
    for (auto& waiter : waiters) {
        asio::post(waiter.executor, [resume = std::move(waiter.resume), answer]() mutable {
            std::move(resume)(std::move(answer));
        });
    }
    waiters.clear();
}

void Lookups::stop() {
    std::vector<Waiter> waiters;
    {
        const std::lock_guard lock(mutex_);
        if (stopped_) {
            return;
        }
        stopped_ = true;
        // The lookups themselves stay until the context goes: libunbound may hold their addresses
        // at this moment.
        for (auto& [key, lookup] : lookups_) {
            std::move(lookup->waiters.begin(), lookup->waiters.end(), std::back_inserter(waiters));
            lookup->waiters.clear();
        }
    }
    resume(waiters, failure(Answer::Status::Failed, "the resolver has stopped"));
    if (watcher_.stopped()) {
        close();
    } else {
        asio::post(watcher_, [self = shared_from_this()] { self->close(); });
    }
}

void Lookups::close() {
    timer_.cancel();
    error_code ignored;
    descriptor_.cancel(ignored);
}

}  // namespace relay::net
