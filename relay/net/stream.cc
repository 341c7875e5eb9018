#include "relay/net/stream.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <utility>

#include <boost/asio/buffer.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/write.hpp>

namespace relay::net {

namespace {

class TcpStream final : public Stream {
public:
    TcpStream(Loop& loop, TcpSocket socket) : Stream(loop), socket_(std::move(socket)) {
        error_code ignored;
        // Replies and commands are written whole; waiting for more of them (Nagle) only delays.
        socket_.set_option(asio::ip::tcp::no_delay(true), ignored);
    }
    ~TcpStream() override { TcpStream::close(); }

    Task<ReadResult> read_some(char* buffer, std::size_t size) override {
        auto [ec, octets] = co_await socket_.async_read_some(asio::buffer(buffer, size), kAsTuple);
        co_return ReadResult{status_of(ec), octets};
    }

    Task<IoStatus> write(std::string_view octets) override {
        auto [ec, written] = co_await asio::async_write(socket_, asio::buffer(octets), kAsTuple);
        co_return status_of(ec);
    }

    [[nodiscard]] bool has_input() const override {
        error_code ec;
        return socket_.available(ec) > 0 && !ec;
    }

    void close() override {
        error_code ignored;
        socket_.close(ignored);
    }

    void interrupt() override {
        interrupted_ = true;
        error_code ignored;
        socket_.cancel(ignored);
    }

    TcpSocket& socket() { return socket_; }

private:
    TcpSocket socket_;
};

}  // namespace

std::string_view describe(IoStatus status) {
    switch (status) {
        case IoStatus::Ok:
            return "ok";
        case IoStatus::Closed:
            return "connection closed";
        case IoStatus::Reset:
            return "connection lost";
        case IoStatus::TimedOut:
            return "timed out";
        case IoStatus::Cancelled:
            return "shutting down";
        case IoStatus::Refused:
            return "connection refused";
        case IoStatus::Unreachable:
            return "unreachable";
    }
    return "";
}

Stream::Stream(Loop& loop) : loop_(loop) {
    loop_.deadlines().add(this);
}

Stream::~Stream() {
    loop_.deadlines().remove(this);
}

void Stream::expire() {
    if (gently_) {
        no_limit();
        late_ = true;
        interrupt();
        return;
    }
    if (!expired_) {
        expired_ = true;
        close();
    }
}

IoStatus Stream::status_of(const error_code& ec) {
    if (!ec) {
        return IoStatus::Ok;
    }
    if (expired_) {
        return IoStatus::TimedOut;
    }
    if (interrupted_ && ec == asio::error::operation_aborted) {
        interrupted_ = false;
        return std::exchange(late_, false) ? IoStatus::TimedOut : IoStatus::Cancelled;
    }
    if (ec == asio::error::eof) {
        return IoStatus::Closed;
    }
    if (ec == asio::error::connection_refused) {
        return IoStatus::Refused;
    }
    if (ec == asio::error::timed_out) {
        return IoStatus::TimedOut;
    }
    if (ec == asio::error::host_unreachable || ec == asio::error::network_unreachable ||
        ec == asio::error::access_denied || ec == asio::error::address_family_not_supported ||
        ec.value() == EADDRNOTAVAIL) {
        return IoStatus::Unreachable;
    }
    return IoStatus::Reset;
}

std::unique_ptr<Stream> make_stream(Loop& loop, TcpSocket socket) {
    return std::make_unique<TcpStream>(loop, std::move(socket));
}

Task<Connected> connect(Loop& loop,
                        conf::IpAddress address,
                        std::uint16_t port,
                        conf::Duration limit) {
    asio::ip::address target;
    const std::string_view octets = address.octets();
    if (address.is_v4()) {
        asio::ip::address_v4::bytes_type bytes{};
        std::memcpy(bytes.data(), octets.data(), bytes.size());
        target = asio::ip::address_v4(bytes);
    } else {
        asio::ip::address_v6::bytes_type bytes{};
        std::memcpy(bytes.data(), octets.data(), bytes.size());
        target = asio::ip::address_v6(bytes);
    }
    // The stream watches the limit while it connects, too.
    class Connecting final : public Stream {
    public:
        explicit Connecting(Loop& on) : Stream(on), socket(on.executor()) {}
        Task<ReadResult> read_some(char*, std::size_t) override {
            co_return ReadResult{IoStatus::Closed, 0};
        }
        Task<IoStatus> write(std::string_view) override { co_return IoStatus::Closed; }
        [[nodiscard]] bool has_input() const override { return false; }
        void close() override {
            error_code ignored;
            socket.close(ignored);
        }
        void interrupt() override { close(); }
        Task<IoStatus> to(asio::ip::tcp::endpoint endpoint) {
            auto [ec] = co_await socket.async_connect(endpoint, kAsTuple);
            co_return status_of(ec);
        }
        TcpSocket socket;
    };
    auto connecting = std::make_unique<Connecting>(loop);
    connecting->limit(limit);
    const IoStatus status = co_await connecting->to({target, port});
    if (status != IoStatus::Ok) {
        co_return Connected{status, nullptr};
    }
    co_return Connected{status, make_stream(loop, std::move(connecting->socket))};
}

}  // namespace relay::net
