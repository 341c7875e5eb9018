// smtp_load: sends messages through many clients at once, and says how long it took.
//
// Prints one JSON object. Ends with status 1 when not everything was accepted within --timeout
// seconds.
#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <string>
#include <sys/epoll.h>
#include <unistd.h>
#include <vector>

#include "tests/load/load_client.h"
#include "tests/load/options.h"

namespace {

std::string text_of(std::size_t size) {
    static constexpr char kLetters[] =
        "abcdefghijklmnopqrstuvwxyz ABCDEFGHIJKLMNOPQRSTUVWXYZ 0123456789 ";
    std::string text;
    unsigned state = 12345;
    while (text.size() < size) {
        const std::size_t line = std::min<std::size_t>(74, size - text.size());
        for (std::size_t i = 0; i < line; ++i) {
            state = state * 1664525U + 1013904223U;
            text += kLetters[(state >> 16) % (sizeof kLetters - 1)];
        }
        text += "\r\n";
    }
    return text;
}

void watch(int epoll, int how, load::LoadClient& client) {
    epoll_event event{};
    event.events = EPOLLIN | (client.wants_write() ? static_cast<unsigned>(EPOLLOUT) : 0U);
    event.data.ptr = &client;
    if (epoll_ctl(epoll, how, client.fd(), &event) != 0) {
        load::fail("epoll_ctl");
    }
}

load::Security security_of(const std::string& name) {
    if (name == "starttls") {
        return load::Security::StartTls;
    }
    if (name == "implicit") {
        return load::Security::Implicit;
    }
    if (name != "none") {
        std::fprintf(stderr, "--tls needs none, starttls or implicit\n");
        std::exit(2);
    }
    return load::Security::None;
}

}  // namespace

int main(int argc, char** argv) {
    const load::Options options(argc,
                                argv,
                                {{"host", "127.0.0.1"},
                                 {"port", "2525"},
                                 {"messages", "1000"},
                                 {"clients", "50"},
                                 {"per-connection", "100"},
                                 {"size", "10240"},
                                 {"rate", "0"},
                                 {"tls", "none"},
                                 {"domains", "100"},
                                 {"suffix", "load.example"},
                                 {"from", "app@example.com"},
                                 {"first", "0"},
                                 {"timeout", "120"}});
    load::Plan plan;
    plan.host = options.text("host");
    plan.port = static_cast<std::uint16_t>(options.number("port", 65535));
    plan.sender = options.text("from");
    plan.domains = std::max<std::uint64_t>(1, options.number("domains"));
    plan.suffix = options.text("suffix");
    plan.per_connection = std::max<std::uint64_t>(1, options.number("per-connection"));
    plan.body = text_of(options.number("size", 64U * 1024 * 1024));
    plan.rate = static_cast<double>(options.number("rate"));
    plan.security = security_of(options.text("tls"));
    const std::uint64_t messages = options.number("messages", 10'000'000);
    const std::uint64_t first = options.number("first");
    for (std::uint64_t n = messages; n > 0; --n) {
        plan.left.push_back(first + n - 1);
    }
    plan.dot_seconds.reserve(messages);
    const auto timeout = static_cast<double>(options.number("timeout"));

    const int epoll = epoll_create1(EPOLL_CLOEXEC);
    if (epoll < 0) {
        load::fail("epoll_create1");
    }
    std::vector<std::unique_ptr<load::LoadClient>> clients;
    for (std::uint64_t n = std::min(messages, options.number("clients", 10000)); n > 0; --n) {
        clients.push_back(std::make_unique<load::LoadClient>(plan));
    }
    plan.begin = load::now();
    double connect_at = plan.begin;  // clients come 1 ms apart, broken ones again after 50 ms
    for (;;) {
        const double at = load::now();
        bool busy = !plan.left.empty();
        double wait = 0.05;
        for (auto& client : clients) {
            if (client->idle()) {
                if (!plan.left.empty() && at >= connect_at && client->connect()) {
                    watch(epoll, EPOLL_CTL_ADD, *client);
                    connect_at = at + 0.001;
                }
            } else if (client->waits()) {
                wait = std::min(wait, plan.wait(at));
                if (plan.wait(at) <= 0 || plan.left.empty()) {
                    client->resume();
                    watch(epoll, EPOLL_CTL_MOD, *client);
                }
            }
            busy = busy || !client->idle();
        }
        if (!busy || at - plan.begin > timeout) {
            break;
        }
        if (at < connect_at) {
            wait = std::min(wait, connect_at - at);
        }
        epoll_event events[256];
        const int ready =
            epoll_wait(epoll, events, 256, std::max(0, static_cast<int>(std::ceil(wait * 1000))));
        for (int i = 0; i < ready; ++i) {
            auto& client = *static_cast<load::LoadClient*>(events[i].data.ptr);
            const bool writing = client.wants_write();
            if (!client.advance()) {
                connect_at =
                    std::max(connect_at, load::now() + (plan.last_error.empty() ? 0 : 0.05));
                plan.last_error.clear();
            } else if (writing || client.wants_write()) {
                watch(epoll, EPOLL_CTL_MOD, client);
            }
        }
    }
    close(epoll);

    std::sort(plan.dot_seconds.begin(), plan.dot_seconds.end());
    const double seconds = std::max(plan.last_reply - plan.begin, 1e-9);
    std::printf(
        "{\"accepted\": %llu, \"refused\": %llu, \"again\": %llu, \"connections\": %llu, "
        "\"secured\": %llu, \"begin\": %.6f, \"seconds\": %.6f, \"rate\": %.1f, "
        "\"dot_ms_p50\": %.4f, \"dot_ms_p99\": %.4f}\n",
        static_cast<unsigned long long>(plan.accepted),
        static_cast<unsigned long long>(plan.refused),
        static_cast<unsigned long long>(plan.again),
        static_cast<unsigned long long>(plan.connections),
        static_cast<unsigned long long>(plan.secured),
        plan.begin,
        seconds,
        static_cast<double>(plan.accepted) / seconds,
        load::percentile(plan.dot_seconds, 0.5) * 1000,
        load::percentile(plan.dot_seconds, 0.99) * 1000);
    if (plan.accepted == messages) {
        return 0;
    }
    std::fprintf(stderr, "smtp_load: not all accepted; last: %s\n", plan.last_error.c_str());
    return 1;
}
