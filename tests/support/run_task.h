// run_task: runs one coroutine on a loop of its own until it ends; what it throws, the test sees.
#pragma once

#include <exception>
#include <optional>
#include <utility>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>

#include "relay/net/net.h"

namespace support {

/// Runs `context` until `task` has ended, and then until nothing is left to do.
template <class T>
T run_task(boost::asio::io_context& context, relay::net::Task<T> task) {
    std::exception_ptr failed;
    std::optional<T> value;
    boost::asio::co_spawn(
        context.get_executor(), std::move(task), [&](std::exception_ptr thrown, T result) {
            failed = thrown;
            value = std::move(result);
        });
    context.restart();
    context.run();
    if (failed) {
        std::rethrow_exception(failed);
    }
    return std::move(value.value());
}

template <class T>
T run_task(relay::net::Task<T> task) {
    boost::asio::io_context context(1);
    return run_task(context, std::move(task));
}

}  // namespace support
