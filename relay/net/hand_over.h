// hand_over: wait on a loop for something that another thread finishes.
//
// Executor: the coroutine resumes on the loop it ran on.
// Cancellation: none; `start` must call its `done` exactly once, from any thread, unless the loop
//   ends first.
#pragma once

#include <functional>
#include <memory>
#include <type_traits>
#include <utility>

#include <boost/asio/associated_executor.hpp>
#include <boost/asio/async_result.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "relay/net/net.h"

namespace relay::net {

/// `start` receives a copyable `done` of type std::function<void(T)>.
template <class T>
Task<T> hand_over(std::function<void(std::function<void(T)>)> start) {
    auto initiate = [&start](auto handler) {
        auto shared = std::make_shared<decltype(handler)>(std::move(handler));
        auto executor = asio::get_associated_executor(*shared);
        start([shared, executor](T value) {
            asio::post(executor,
                       [shared, kept = std::move(value)]() mutable { (*shared)(std::move(kept)); });
        });
    };
    constexpr asio::use_awaitable_t<Executor> kToken{};
    co_return co_await asio::async_initiate<const asio::use_awaitable_t<Executor>, void(T)>(
        initiate, kToken);
}

}  // namespace relay::net
