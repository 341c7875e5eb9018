#include "relay/cli/control_client.h"

#include <array>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <optional>
#include <string_view>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>
#include <utility>

#include <nlohmann/json.hpp>

namespace relay::cli {

namespace {

constexpr std::chrono::seconds kPatience{30};
constexpr std::chrono::seconds kForEver{0};
constexpr std::size_t kMaxAnswer = 64 * 1024 * 1024;

class Descriptor {
public:
    explicit Descriptor(int number) : number_(number) {}
    Descriptor(const Descriptor&) = delete;
    Descriptor& operator=(const Descriptor&) = delete;
    ~Descriptor() {
        if (number_ >= 0) {
            ::close(number_);
        }
    }
    [[nodiscard]] int get() const { return number_; }

private:
    int number_;
};

conf::Error failed(int reason, const std::string& path, const std::string& advice) {
    return conf::Error{{reason, boost::system::system_category()},
                       "control socket " + path + ": " + advice};
}

std::string_view advice_for(int reason) {
    switch (reason) {
        case EACCES:
        case EPERM:
            return "be root, or the relay's user or group";
        case EAGAIN:
            return "the relay does not answer: look at its log";
        default:
            return "is the relay running?";
    }
}

std::optional<ControlClient::Answer> parse_answer(std::string_view octets) {
    constexpr std::string_view kVersion = "HTTP/1.1 ";
    constexpr std::string_view kLength = "\r\nContent-Length: ";
    const auto end = octets.find("\r\n\r\n");
    if (!octets.starts_with(kVersion) || end == std::string_view::npos) {
        return std::nullopt;
    }
    const auto header = octets.substr(0, end);
    ControlClient::Answer answer;
    const auto code = header.substr(kVersion.size(), 3);
    if (std::from_chars(code.begin(), code.end(), answer.status).ptr != code.end()) {
        return std::nullopt;
    }
    const auto at = header.find(kLength);
    if (at == std::string_view::npos) {
        return std::nullopt;
    }
    const auto number = header.substr(at + kLength.size());
    std::size_t length = 0;
    if (std::from_chars(number.begin(), number.end(), length).ec != std::errc()) {
        return std::nullopt;
    }
    answer.body = octets.substr(end + 4);
    if (answer.body.size() != length) {
        return std::nullopt;
    }
    return answer;
}

}  // namespace

std::string ControlClient::Answer::error() const {
    const auto json = nlohmann::json::parse(body, nullptr, false);
    if (json.is_object() && json.contains("error") && json["error"].is_string()) {
        return json["error"].get<std::string>();
    }
    return "HTTP status " + std::to_string(status);
}

ControlClient::ControlClient(std::string path) : path_(std::move(path)) {}

conf::Result<ControlClient::Answer> ControlClient::get(const std::string& target) const {
    return ask("GET " + target + " HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n",
               kPatience);
}

conf::Result<ControlClient::Answer> ControlClient::post(const std::string& target,
                                                        const std::string& body) const {
    return ask("POST " + target +
                   " HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n"
                   "Content-Type: application/json\r\nContent-Length: " +
                   std::to_string(body.size()) + "\r\n\r\n" + body,
               kForEver);
}

conf::Result<ControlClient::Answer> ControlClient::ask(const std::string& request,
                                                       std::chrono::seconds patience) const {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    if (path_.size() >= sizeof address.sun_path) {
        return failed(ENAMETOOLONG, path_, "shorten status.control_socket");
    }
    std::memcpy(address.sun_path, path_.data(), path_.size());
    const Descriptor connection(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
    const timeval limit{patience.count(), 0};
    if (connection.get() < 0 ||
        ::setsockopt(connection.get(), SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit) != 0 ||
        ::setsockopt(connection.get(), SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit) != 0 ||
        ::connect(connection.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) !=
            0) {
        return failed(errno, path_, std::string(advice_for(errno)));
    }
    for (std::string_view rest = request; !rest.empty();) {
        const auto sent = ::send(connection.get(), rest.data(), rest.size(), MSG_NOSIGNAL);
        if (sent < 0 && errno != EINTR) {
            return failed(errno, path_, std::string(advice_for(errno)));
        }
        rest.remove_prefix(sent > 0 ? static_cast<std::size_t>(sent) : 0);
    }
    std::string octets;
    std::array<char, 16 * 1024> buffer{};
    for (;;) {
        const auto got = ::recv(connection.get(), buffer.data(), buffer.size(), 0);
        if (got == 0) {
            break;
        }
        if (got < 0) {
            if (errno == EINTR) {
                continue;
            }
            return failed(errno, path_, std::string(advice_for(errno)));
        }
        octets.append(buffer.data(), static_cast<std::size_t>(got));
        if (octets.size() > kMaxAnswer) {
            return failed(EMSGSIZE, path_, "the answer has no end");
        }
    }
    auto answer = parse_answer(octets);
    if (!answer) {
        return failed(EPROTO, path_, "the answer was cut short: did the relay end?");
    }
    return std::move(*answer);
}

bool is_no_relay(const conf::Error& error) {
    return error.code.category() == boost::system::system_category() &&
           (error.code.value() == ECONNREFUSED || error.code.value() == ENOENT);
}

std::string control_path(const conf::Config& config) {
    return config.status.control_socket.is_unix() ? config.status.control_socket.path
                                                  : config.data_dir + "/control.sock";
}

}  // namespace relay::cli
