// Loop: one io_context with the one thread that runs it; Loops: all of them.
//
// A connection belongs to one loop for life, so that sessions and couriers need neither locks nor
// strands. New ones go to the loop that has the fewest.
//
// Threads: context() may be posted to from anywhere; Deadlines belongs to the loop's own thread.
// Stopping: stop() lets the thread leave as soon as the handler that runs now returns; coroutines
//   that still wait are destroyed with the loop, on the thread that destroys it.
#pragma once

#include <atomic>
#include <chrono>
#include <exception>
#include <functional>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>

#include "relay/net/net.h"

namespace relay::net {

using Steady = std::chrono::steady_clock;
using Timer = asio::basic_waitable_timer<Steady, asio::wait_traits<Steady>, Executor>;

class Stream;

/// The streams of a loop that have a time limit. Looked through every kTick while there are any, so
/// a limit holds to within one tick and an operation costs no timer of its own.
class Deadlines {
public:
    static constexpr std::chrono::milliseconds kTick{100};

    explicit Deadlines(asio::io_context& context);
    void add(Stream* stream);
    void remove(Stream* stream);

private:
    void tick();
    Timer timer_;
    std::vector<Stream*> streams_;
    bool ticking_ = false;
};

class Loop {
public:
    explicit Loop(int number);
    ~Loop();
    Loop(const Loop&) = delete;
    Loop& operator=(const Loop&) = delete;

    [[nodiscard]] asio::io_context& context() { return context_; }
    [[nodiscard]] Executor executor() { return context_.get_executor(); }
    [[nodiscard]] Deadlines& deadlines() { return deadlines_; }
    [[nodiscard]] int number() const { return number_; }

    /// Runs `task` on this loop. An exception that leaves it is logged with `what` and ends that
    /// task alone. Any thread. `done` (may be empty) runs on the loop afterwards.
    void spawn(std::string what, Task<> task, std::function<void()> done = {});

    /// Connections that live here; whoever opens one counts it.
    std::atomic<int> connections{0};
    /// Spawned tasks that have not ended.
    std::atomic<int> tasks{0};

    /// When the loop last turned (it does so at least once a second while it runs).
    [[nodiscard]] Steady::time_point last_turn() const;

    void start();
    void stop();
    void join();

private:
    void beat();

    int number_;
    asio::io_context context_;
    asio::executor_work_guard<Executor> work_;
    Deadlines deadlines_;
    Timer pulse_;
    std::atomic<Steady::rep> last_turn_;
    std::thread thread_;
};

class Loops {
public:
    /// One per core when `count` is 0.
    explicit Loops(unsigned count = 0);

    [[nodiscard]] Loop& first() { return *loops_.front(); }
    [[nodiscard]] Loop& least_loaded();
    [[nodiscard]] std::vector<std::unique_ptr<Loop>>& all() { return loops_; }
    void start();
    void stop();
    void join();
    /// The loop that did not turn for `limit`, or nothing.
    [[nodiscard]] const Loop* stuck(std::chrono::milliseconds limit) const;

private:
    std::vector<std::unique_ptr<Loop>> loops_;
};

}  // namespace relay::net
