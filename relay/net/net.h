// The names that code which waits uses for Asio: one executor type, one coroutine type, errors as
// values.
//
// Executor: a coroutine of ours runs on the loop that spawned it and on no other.
#pragma once

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/use_awaitable.hpp>

namespace relay::net {

namespace asio = boost::asio;
using boost::system::error_code;

using Executor = asio::io_context::executor_type;

template <class T = void>
using Task = asio::awaitable<T, Executor>;

/// Network errors are values: `auto [ec, n] = co_await socket.async_read_some(buffer, kAsTuple);`
inline constexpr asio::as_tuple_t<asio::use_awaitable_t<Executor>> kAsTuple{};

}  // namespace relay::net
