// WorkerPool: a few threads for what would hold up a loop: reading the disk, stretching passwords.
//
// Threads: run() from any loop; resumes there.
// Cancellation: what was begun ends; after stop() nothing new is begun and waiting tasks are
//   dropped.
#pragma once

#include <functional>
#include <optional>

#include <boost/asio/post.hpp>
#include <boost/asio/thread_pool.hpp>

#include "relay/net/hand_over.h"

namespace relay::net {

class WorkerPool {
public:
    explicit WorkerPool(std::size_t threads) : pool_(threads) {}
    ~WorkerPool() { stop(); }

    template <class T>
    Task<T> run(std::function<T()> work) {
        std::function<void(std::function<void(std::shared_ptr<T>)>)> start = [this,
                                                                              &work](auto done) {
            asio::post(pool_,
                       [work = std::move(work), done] { done(std::make_shared<T>(work())); });
        };
        std::shared_ptr<T> result = co_await hand_over<std::shared_ptr<T>>(std::move(start));
        co_return std::move(*result);
    }

    void stop();

private:
    asio::thread_pool pool_;
};

}  // namespace relay::net
