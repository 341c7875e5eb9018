// smtp_sink: takes mail on --address:--port (0.0.0.0 is every address) as fast as it comes.
//
// Commands on standard input, one a line, each answered by one JSON line: "stats", "reset". End of
// input ends it.
#include <arpa/inet.h>
#include <cerrno>
#include <cstdio>
#include <memory>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>
#include <unordered_map>

#include "tests/load/options.h"
#include "tests/load/sink_session.h"

namespace {

void watch(int epoll, int fd) {
    epoll_event event{};
    event.events = EPOLLIN;
    event.data.fd = fd;
    if (epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event) != 0) {
        load::fail("epoll_ctl");
    }
}

int listen_on(const std::string& address, std::uint16_t port) {
    const int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    const int on = 1;
    sockaddr_in at{};
    at.sin_family = AF_INET;
    at.sin_port = htons(port);
    if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) != 0 ||
        inet_pton(AF_INET, address.c_str(), &at.sin_addr) != 1 ||
        bind(fd, reinterpret_cast<const sockaddr*>(&at), sizeof at) != 0 || listen(fd, 1024) != 0) {
        load::fail("listen on " + address);
    }
    return fd;
}

/// False at the end of the input.
bool obey(load::Tally& tally) {
    static std::string input;
    char block[1024];
    const ssize_t got = read(STDIN_FILENO, block, sizeof block);
    if (got <= 0) {
        return false;
    }
    input.append(block, static_cast<std::size_t>(got));
    for (std::size_t end; (end = input.find('\n')) != std::string::npos;) {
        if (input.substr(0, end) == "reset") {
            tally.reset();
        }
        input.erase(0, end + 1);
        std::printf(
            "{\"connections\": %llu, \"messages\": %llu, \"unique\": %llu, \"doubled\": %llu, "
            "\"unnumbered\": %llu, "
            "\"unsigned\": %llu, \"first\": %.6f, \"last\": %.6f}\n",
            static_cast<unsigned long long>(tally.connections),
            static_cast<unsigned long long>(tally.messages),
            static_cast<unsigned long long>(tally.unique),
            static_cast<unsigned long long>(tally.doubled),
            static_cast<unsigned long long>(tally.unnumbered),
            static_cast<unsigned long long>(tally.unsigned_messages),
            tally.first,
            tally.last);
        std::fflush(stdout);
    }
    return true;
}

}  // namespace

int main(int argc, char** argv) {
    const load::Options options(argc, argv, {{"address", "0.0.0.0"}, {"port", "25"}, {"keep", ""}});
    load::Tally tally;
    tally.keep_folder = options.text("keep");
    tally.reset();
    const int epoll = epoll_create1(EPOLL_CLOEXEC);
    const int listener = listen_on(options.text("address"),
                                   static_cast<std::uint16_t>(options.number("port", 65535)));
    watch(epoll, listener);
    watch(epoll, STDIN_FILENO);
    std::unordered_map<int, std::unique_ptr<load::SinkSession>> sessions;
    for (;;) {
        epoll_event events[256];
        const int ready = epoll_wait(epoll, events, 256, -1);
        if (ready < 0 && errno != EINTR) {
            load::fail("epoll_wait");
        }
        for (int i = 0; i < ready; ++i) {
            const int fd = events[i].data.fd;
            if (fd == STDIN_FILENO) {
                if (!obey(tally)) {
                    return 0;
                }
            } else if (fd == listener) {
                for (int client;
                     (client = accept4(listener, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC)) >=
                     0;) {
                    const int on = 1;
                    setsockopt(client, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
                    ++tally.connections;
                    auto session = std::make_unique<load::SinkSession>(client, tally);
                    session->greet();
                    watch(epoll, client);
                    sessions[client] = std::move(session);
                }
            } else if (const auto found = sessions.find(fd);
                       found != sessions.end() && !found->second->advance()) {
                sessions.erase(found);
            }
        }
    }
}
