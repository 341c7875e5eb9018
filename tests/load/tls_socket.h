// TlsSocket: a client's end of TLS over a connected socket that does not block.
//
// Shakes hands as part of the first read() or write(). Looks at no name and no CA: it loads a
// server, it trusts nobody. Sessions are not resumed, as most applications do not either.
//
// Standards: RFC 8446 (TLS 1.3 and nothing older).     Threads: one epoll loop owns all sockets.
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <sys/types.h>

#include <openssl/types.h>

namespace load {

enum class Security { None, StartTls, Implicit };

/// What all sockets of a program share.
class TlsClient {
public:
    /// Ends the program when OpenSSL cannot be set up.
    TlsClient();
    ~TlsClient();
    TlsClient(const TlsClient&) = delete;
    TlsClient& operator=(const TlsClient&) = delete;

    [[nodiscard]] SSL_CTX* context() const { return context_; }

private:
    SSL_CTX* context_;
};

class TlsSocket {
public:
    /// Does not own `fd`.
    TlsSocket(const TlsClient& client, int fd);
    ~TlsSocket();
    TlsSocket(const TlsSocket&) = delete;
    TlsSocket& operator=(const TlsSocket&) = delete;

    /// As recv() and send(): octets, 0 for the end, or -1; then errno is EAGAIN for a wait,
    /// ENOTCONN before TCP is connected, and EPROTO for a fault of TLS.
    ssize_t read(char* buffer, std::size_t size);
    ssize_t write(std::string_view octets);
    /// Says goodbye, as far as the socket takes it at once.
    void end();

    /// Whether the handshake is over.
    [[nodiscard]] bool is_open() const;
    /// The last call waits for octets to arrive. Before is_open(), writes wait for them as well.
    [[nodiscard]] bool waits_for_input() const { return waits_for_input_; }

private:
    ssize_t judge(int result, std::size_t octets);

    SSL* ssl_;
    bool waits_for_input_ = false;
};

}  // namespace load
