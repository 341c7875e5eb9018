// Stream: a connected byte stream with a time limit; what is below it, TCP or TLS, does not show.
//
// One read and one write may be under way at a time. After expire() or close() both end at once.
//
// Executor: the loop it was made for.
// Errors: values. A time limit that passed and a shutdown give different codes.
// Cancellation: destroying the stream while an operation waits is misuse; close() first.
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

#include <boost/asio/ip/tcp.hpp>

#include "conf/config.h"
#include "relay/net/loop.h"
#include "relay/net/net.h"

namespace relay::net {

enum class IoStatus { Ok, Closed, Reset, TimedOut, Cancelled, Refused, Unreachable };

[[nodiscard]] std::string_view describe(IoStatus status);

struct ReadResult {
    IoStatus status = IoStatus::Ok;
    std::size_t octets = 0;
};

class Stream {
public:
    explicit Stream(Loop& loop);
    virtual ~Stream();
    Stream(const Stream&) = delete;
    Stream& operator=(const Stream&) = delete;

    /// At least one octet, or a status other than Ok.
    virtual Task<ReadResult> read_some(char* buffer, std::size_t size) = 0;
    /// All of `octets`.
    virtual Task<IoStatus> write(std::string_view octets) = 0;
    /// Octets have arrived and wait to be read.
    [[nodiscard]] virtual bool has_input() const = 0;
    /// Ends the connection with the goodbye that its protocol has, then as close() does.
    virtual Task<> end() {
        close();
        co_return;
    }
    /// Ends what is under way and the connection. Idempotent.
    virtual void close() = 0;
    /// Ends what is under way with Cancelled, once: the shutdown's way to wake a waiting session.
    virtual void interrupt() = 0;

    /// All operations from now on must be over by then, or they and the connection end.
    void limit(conf::Duration from_now) { set_limit(Steady::now() + from_now, false); }
    /// The same, but only what is under way then ends, with TimedOut: there is something to say.
    void limit_gently(Steady::time_point then) { set_limit(then, true); }
    void no_limit() { set_limit(Steady::time_point::max(), false); }
    [[nodiscard]] Steady::time_point deadline() const { return deadline_; }
    /// By Deadlines: the limit has passed.
    void expire();

protected:
    [[nodiscard]] IoStatus status_of(const error_code& ec);
    Loop& loop_;
    bool expired_ = false;
    bool interrupted_ = false;
    bool late_ = false;  // interrupted by a gentle limit

private:
    void set_limit(Steady::time_point then, bool gently) {
        deadline_ = then;
        gently_ = gently;
        late_ = false;
    }

    bool gently_ = false;
    Steady::time_point deadline_ = Steady::time_point::max();
};

using TcpSocket = asio::basic_stream_socket<asio::ip::tcp, Executor>;

/// Wraps an accepted socket of `loop`.
std::unique_ptr<Stream> make_stream(Loop& loop, TcpSocket socket);

struct Connected {
    IoStatus status = IoStatus::Ok;
    std::unique_ptr<Stream> stream;  // when Ok
};

/// Connects to `address`:`port` within `limit`. Call on `loop`.
Task<Connected> connect(Loop& loop,
                        conf::IpAddress address,
                        std::uint16_t port,
                        conf::Duration limit);

}  // namespace relay::net
