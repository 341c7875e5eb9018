// Lookups: the questions that libunbound is working on, those that wait for their turn, and who
// waits for each.
//
// Equal questions share one lookup. A lookup ends by its answer, by its time-out (counted from
// the first who asked) or by stop(). libunbound's descriptor and the time-outs are watched on one
// loop; there answers arrive.
//
// Threads: ask() and stop() from any; a short lock. Nothing of ours is called under it.
// Errors: an Answer of status Failed or TimedOut.
#pragma once

#include <chrono>
#include <functional>
#include <list>
#include <memory>
#include <mutex>
#include <string>
#include <unordered_map>
#include <vector>

#include <boost/asio/any_completion_handler.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/steady_timer.hpp>

#include "relay/net/dns.h"
#include "relay/net/unbound_context.h"

struct ub_result;

namespace relay::net {

class Lookups : public std::enable_shared_from_this<Lookups> {
public:
    using Clock = std::chrono::steady_clock;
    using Resume = asio::any_completion_handler<void(Answer)>;
    /// Told each end of a lookup, on any thread, before those who wait resume.
    using Ended =
        std::function<void(const std::string& key, RecordType type, const Answer& answer)>;

    static constexpr std::size_t kMaxOut = 1000;
    static constexpr std::size_t kMaxQueued = 10000;

    Lookups(UnboundContext context,
            asio::io_context& watcher,
            std::chrono::milliseconds timeout,
            Ended ended);
    ~Lookups();
    Lookups(const Lookups&) = delete;
    Lookups& operator=(const Lookups&) = delete;

    /// Starts libunbound's thread and the watch. False when it cannot.
    bool start();
    /// `name` lower case and askable. `resume` is called once, on `executor`. Says whether
    /// libunbound was asked anew.
    bool ask(const std::string& name, RecordType type, Executor executor, Resume resume);
    void stop();

private:
    struct Waiter {
        Executor executor;
        Resume resume;
    };
    struct Lookup {
        Lookups* owner = nullptr;
        std::string name;
        std::string key;
        RecordType type = RecordType::A;
        Clock::time_point deadline;
        int async_id = 0;
        enum class Place { Nowhere, Queued, Out } place = Place::Nowhere;  // Out: libunbound has it
        std::list<Lookup*>::iterator by_deadline;
        std::list<Lookup*>::iterator queued;  // while Queued
        std::vector<Waiter> waiters;
    };
    struct End {
        std::unique_ptr<Lookup> lookup;
        Answer answer;
    };

    static void on_result(void* lookup, int error, ub_result* result);
    void watch();
    void sweep();
    void await_sweep();
    void close();
    // With the lock held:
    bool begin(Lookup& lookup);
    std::unique_ptr<Lookup> take(Lookup& lookup);
    void begin_queued(std::vector<End>& ends);
    // Without it:
    void finish(std::vector<End> ends);
    static void resume(std::vector<Waiter>& waiters, const Answer& answer);

    // Constant after construction.
    const UnboundContext context_;
    asio::io_context& watcher_;
    const std::chrono::milliseconds timeout_;
    const Ended ended_;

    // Used on the watching loop only.
    asio::posix::stream_descriptor descriptor_;
    asio::steady_timer timer_;

    std::mutex mutex_;  // guards the rest
    std::unordered_map<std::string, std::unique_ptr<Lookup>> lookups_;
    std::list<Lookup*>
        by_deadline_;  // all of them; the time-out is one constant, so the oldest is in front
    std::list<Lookup*> queue_;
    std::size_t out_ = 0;
    bool sweeping_ = false;
    bool stopped_ = false;
};

}  // namespace relay::net
