// ScriptedServer: a server of one connection that says what it was given, whatever it hears.
#pragma once

#include <arpa/inet.h>
#include <array>
#include <netinet/in.h>
#include <stdexcept>
#include <string>
#include <sys/socket.h>
#include <thread>
#include <unistd.h>
#include <utility>
#include <vector>

#include "conf/config.h"

namespace relay::cli {

/// A server of one connection that says `replies` one after another, the first one unasked; the
/// last one ends it.
class ScriptedServer {
public:
    explicit ScriptedServer(std::vector<std::string> replies) : replies_(std::move(replies)) {
        listener_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
        sockaddr_in bound{};
        bound.sin_family = AF_INET;
        bound.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        socklen_t length = sizeof bound;
        if (::bind(listener_, reinterpret_cast<const sockaddr*>(&bound), length) != 0 ||
            ::listen(listener_, 1) != 0 ||
            ::getsockname(listener_, reinterpret_cast<sockaddr*>(&bound), &length) != 0) {
            throw std::runtime_error("listener");
        }
        endpoint_ = conf::Endpoint{*conf::IpAddress::parse("127.0.0.1"), ntohs(bound.sin_port), {}};
        thread_ = std::thread([this] { serve(); });
    }
    ~ScriptedServer() {
        join();
        ::close(listener_);
    }
    [[nodiscard]] const conf::Endpoint& endpoint() const { return endpoint_; }
    /// Everything that the client said, once it is gone.
    std::string heard() {
        join();
        return heard_;
    }

private:
    void serve() {
        const int connection = ::accept(listener_, nullptr, nullptr);
        bool in_message = false;
        std::array<char, 4096> buffer{};
        for (std::size_t i = 0; i < replies_.size(); ++i) {
            if (i > 0) {
                const char* end = in_message ? "\r\n.\r\n" : "\r\n";
                std::string said;
                while (!said.ends_with(end)) {
                    const auto got = ::recv(connection, buffer.data(), buffer.size(), 0);
                    if (got <= 0) {
                        break;
                    }
                    said.append(buffer.data(), static_cast<std::size_t>(got));
                }
                heard_ += said;
            }
            in_message = replies_[i].starts_with("354");
            (void)::send(connection, replies_[i].data(), replies_[i].size(), MSG_NOSIGNAL);
        }
        ::shutdown(connection, SHUT_WR);
        for (;;) {
            const auto got = ::recv(connection, buffer.data(), buffer.size(), 0);
            if (got <= 0) {
                break;
            }
            heard_.append(buffer.data(), static_cast<std::size_t>(got));
        }
        ::close(connection);
    }
    void join() {
        if (thread_.joinable()) {
            thread_.join();
        }
    }

    std::vector<std::string> replies_;
    int listener_ = -1;
    conf::Endpoint endpoint_;
    std::string heard_;
    std::thread thread_;
};

}  // namespace relay::cli
