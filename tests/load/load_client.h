// LoadClient: one SMTP client of the generator: a connection that sends message after message, step
// by step.
//
// Never pipelines: each command waits for its reply, as most applications do. A connection that
// breaks or a message that is refused for now (4xx) goes back to the plan and is sent again.
//
// Standards: RFC 5321, RFC 3207 (STARTTLS), RFC 8314 (implicit TLS).
// Threads: one epoll loop owns all clients.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "tests/load/tls_socket.h"

namespace load {

/// What all clients share: which messages are left, and what became of the others.
struct Plan {
    std::string host = "127.0.0.1";
    std::uint16_t port = 2525;
    std::string sender;
    std::uint64_t domains = 1;  // recipients are user@d0.<suffix>, user@d1.<suffix>, ...
    std::string suffix;
    std::uint64_t per_connection = 100;
    std::string body;                 // CRLF lines without a leading dot
    std::vector<std::uint64_t> left;  // numbers to send, taken from the back
    double rate = 0;  // messages a second for all clients together; 0 is as fast as it goes
    Security security = Security::None;
    TlsClient tls;
    double begin = 0;
    std::uint64_t begun = 0;

    std::uint64_t accepted = 0, refused = 0, again = 0, broken = 0, connections = 0, secured = 0;
    std::vector<double>
        dot_seconds;  // from the first octet of the message to the reply to its final dot
    double last_reply = 0;
    std::string last_error;

    /// Seconds until the next message may begin; 0 or less is now.
    [[nodiscard]] double wait(double at) const;
};

class LoadClient {
public:
    explicit LoadClient(Plan& plan) : plan_(plan) {}
    LoadClient(const LoadClient&) = delete;
    LoadClient& operator=(const LoadClient&) = delete;
    ~LoadClient();

    /// Connects when there is something to send and no connection. True when `fd()` is new and must
    /// be watched.
    bool connect();
    /// Goes on after readiness. False when the connection is gone.
    bool advance();
    /// A message that waited for its turn (rate) may begin now.
    void resume();

    [[nodiscard]] int fd() const { return fd_; }
    [[nodiscard]] bool wants_write() const;
    [[nodiscard]] bool waits() const { return step_ == Step::Turn; }
    [[nodiscard]] bool idle() const { return fd_ < 0; }

private:
    enum class Step : std::uint8_t {
        Banner,
        Ehlo,
        StartTls,
        SecureEhlo,
        Turn,
        Mail,
        Rcpt,
        Data,
        Dot,
        Quit
    };

    void say(std::string_view text);
    void secure();
    bool flush();
    void close();
    bool on_reply(int code, std::string_view line);
    void next_message();
    void put_back();
    bool drop(std::string_view why);

    Plan& plan_;
    int fd_ = -1;
    std::unique_ptr<TlsSocket> tls_;
    Step step_ = Step::Banner;
    std::string input_, output_;
    std::size_t written_ = 0;
    bool has_message_ = false;
    std::uint64_t number_ = 0, sent_here_ = 0;
    double dot_begin_ = 0;
};

}  // namespace load
