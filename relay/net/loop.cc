#include "relay/net/loop.h"

#include <algorithm>
#include <pthread.h>
#include <utility>

#include <boost/asio/post.hpp>

#include "relay/log.h"
#include "relay/net/stream.h"

namespace relay::net {

Deadlines::Deadlines(asio::io_context& context) : timer_(context.get_executor()) {}

void Deadlines::add(Stream* stream) {
    streams_.push_back(stream);
    if (!ticking_) {
        ticking_ = true;
        tick();
    }
}

void Deadlines::remove(Stream* stream) {
    const auto found = std::find(streams_.begin(), streams_.end(), stream);
    if (found != streams_.end()) {
        *found = streams_.back();
        streams_.pop_back();
    }
}

void Deadlines::tick() {
    timer_.expires_after(kTick);
    timer_.async_wait([this](error_code ec) {
        if (ec) {
            return;
        }
        const auto now = Steady::now();
        for (Stream* stream : streams_) {
            if (stream->deadline() <= now) {
                stream->expire();
            }
        }
        ticking_ = !streams_.empty();
        if (ticking_) {
            tick();
        }
    });
}

Loop::Loop(int number)
    : number_(number),
      context_(1),  // one thread runs it; other threads only post
      work_(context_.get_executor()),
      deadlines_(context_),
      pulse_(context_.get_executor()),
      last_turn_(Steady::now().time_since_epoch().count()) {}

Loop::~Loop() {
    stop();
    join();
}

void Loop::spawn(std::string what, Task<> task, std::function<void()> done) {
    ++tasks;
    asio::co_spawn(
        context_.get_executor(),
        std::move(task),
        [this, what = std::move(what), done = std::move(done)](std::exception_ptr failure) {
            if (failure) {
                try {
                    std::rethrow_exception(failure);
                } catch (const std::exception& error) {
                    log::Event(log::Level::Error, "exception")
                        .field("in", what)
                        .field("what", error.what());
                }
            }
            if (done) {
                done();
            }
            --tasks;
        });
}

Steady::time_point Loop::last_turn() const {
    return Steady::time_point(Steady::duration(last_turn_.load(std::memory_order_relaxed)));
}

void Loop::beat() {
    last_turn_.store(Steady::now().time_since_epoch().count(), std::memory_order_relaxed);
    pulse_.expires_after(std::chrono::seconds(1));
    pulse_.async_wait([this](error_code ec) {
        if (!ec) {
            beat();
        }
    });
}

void Loop::start() {
    thread_ = std::thread([this] {
        const std::string name = "loop-" + std::to_string(number_);
        pthread_setname_np(pthread_self(), name.c_str());
        asio::post(context_, [this] { beat(); });
        context_.run();
    });
}

void Loop::stop() {
    context_.stop();
}

void Loop::join() {
    if (thread_.joinable()) {
        thread_.join();
    }
}

Loops::Loops(unsigned count) {
    const unsigned number = count != 0 ? count : std::max(1U, std::thread::hardware_concurrency());
    for (unsigned i = 0; i < number; ++i) {
        loops_.push_back(std::make_unique<Loop>(static_cast<int>(i)));
    }
}

Loop& Loops::least_loaded() {
    return **std::min_element(loops_.begin(), loops_.end(), [](const auto& a, const auto& b) {
        return a->connections.load() < b->connections.load();
    });
}

void Loops::start() {
    for (auto& loop : loops_) {
        loop->start();
    }
}

void Loops::stop() {
    for (auto& loop : loops_) {
        loop->stop();
    }
}

void Loops::join() {
    for (auto& loop : loops_) {
        loop->join();
    }
}

const Loop* Loops::stuck(std::chrono::milliseconds limit) const {
    const auto now = Steady::now();
    for (const auto& loop : loops_) {
        if (now - loop->last_turn() > limit) {
            return loop.get();
        }
    }
    return nullptr;
}

}  // namespace relay::net
