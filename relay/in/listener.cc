#include "relay/in/listener.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include <boost/asio/ip/v6_only.hpp>
#include <boost/asio/post.hpp>

#include "relay/log.h"

namespace relay::in {

namespace asio = net::asio;
using net::error_code;

namespace {

constexpr std::chrono::milliseconds kBackoff{100};

asio::ip::tcp::endpoint tcp_endpoint(const conf::Endpoint& endpoint) {
    error_code ignored;
    return {asio::ip::make_address(endpoint.address.text(), ignored), endpoint.port};
}

conf::IpAddress peer_address(const asio::ip::address& address) {
    const auto parsed = conf::IpAddress::parse(
        address.is_v6() ? asio::ip::address_v6(address.to_v6().to_bytes()).to_string()
                        : address.to_string());
    return parsed ? parsed->unmapped() : conf::IpAddress();
}

}  // namespace

conf::Result<Acceptor> bind_listener(net::Loop& loop, const conf::Endpoint& address) {
    const auto endpoint = tcp_endpoint(address);
    Acceptor acceptor(loop.executor());
    error_code ec;
    acceptor.open(endpoint.protocol(), ec);
    if (!ec) {
        acceptor.set_option(asio::socket_base::reuse_address(true), ec);
    }
    if (!ec && endpoint.address().is_v6()) {
        acceptor.set_option(asio::ip::v6_only(true), ec);
    }
    if (!ec) {
        acceptor.bind(endpoint, ec);
    }
    if (!ec) {
        acceptor.listen(asio::socket_base::max_listen_connections, ec);
    }
    if (ec) {
        return conf::Error{ec, "listening on " + address.text()};
    }
    return acceptor;
}

Listener::Listener(Acceptor acceptor, Settings settings, House house)
    : house_(house),
      acceptor_(std::move(acceptor)),
      backoff_(house.loops.first().executor()),
      settings_(std::move(settings)),
      by_loop_(house.loops.all().size()) {}

Listener::~Listener() = default;

conf::Endpoint Listener::endpoint() const {
    error_code ignored;
    const auto local = acceptor_.local_endpoint(ignored);
    conf::Endpoint endpoint;
    endpoint.address = peer_address(local.address());
    endpoint.port = local.port();
    return endpoint;
}

void Listener::start() {
    house_.loops.first().spawn("listener", accept());
}

void Listener::reconfigure(Settings settings) {
    asio::post(house_.loops.first().context(), [this, settings = std::move(settings)]() mutable {
        settings_ = std::move(settings);
    });
}

void Listener::stop() {
    asio::post(house_.loops.first().context(), [this] {
        stopping_ = true;
        error_code ignored;
        acceptor_.close(ignored);
        backoff_.cancel();
    });
    for (auto& loop : house_.loops.all()) {
        auto& mine = by_loop_[static_cast<std::size_t>(loop->number())];
        asio::post(loop->context(), [&mine] {
            mine.stopping = true;
            for (Session* session : mine.sessions) {
                session->stop();
            }
        });
    }
}

void Listener::abort() {
    for (auto& loop : house_.loops.all()) {
        auto& mine = by_loop_[static_cast<std::size_t>(loop->number())];
        asio::post(loop->context(), [&mine] {
            for (Session* session : mine.sessions) {
                session->abort();
            }
        });
    }
}

net::Task<> Listener::accept() {
    while (!stopping_) {
        net::Loop& loop = house_.loops.least_loaded();
        net::TcpSocket socket(loop.executor());
        auto [ec] = co_await acceptor_.async_accept(socket, net::kAsTuple);
        if (!ec) {
            welcome(loop, std::move(socket));
            continue;
        }
        if (stopping_ || ec == asio::error::operation_aborted ||
            ec == asio::error::bad_descriptor) {
            break;
        }
        if (ec == asio::error::connection_aborted) {
            continue;  // gone before we looked
        }
        // EMFILE, ENFILE, ENOBUFS, ENOMEM: the connection stays in the backlog; asking again at
        // once would spin.
        log::Event(log::Level::Error, "accept").field("error", ec.message());
        backoff_.expires_after(kBackoff);
        auto [waited] = co_await backoff_.async_wait(net::kAsTuple);
        (void)waited;
    }
}

void Listener::welcome(net::Loop& loop, net::TcpSocket socket) {
    error_code ec;
    const auto remote = socket.remote_endpoint(ec);
    if (ec) {
        return;
    }
    const conf::IpAddress client = peer_address(remote.address());
    const auto& proxies = settings_.listener->proxy_protocol;
    const bool is_proxy =
        std::any_of(proxies.begin(), proxies.end(), [&client](const conf::IpNetwork& network) {
            return network.contains(client);
        });
    auto place = is_proxy ? house_.admission.enter_proxy() : house_.admission.enter(client);
    if (!place) {
        house_.metrics.messages_rejected.add({"421"});
        log::Event(log::Level::Warning, "refused")
            .field("client", client.text())
            .field("reason", "too many connections");
        static constexpr std::string_view kBusy = "421 4.7.0 Too many connections\r\n";
        socket.non_blocking(true, ec);
        (void)socket.write_some(asio::buffer(kBusy), ec);
        return;
    }
    ++loop.connections;
    ++*open_;
    auto& mine = by_loop_[static_cast<std::size_t>(loop.number())];
    auto shared_place = std::make_shared<Admission::Place>(std::move(place));
    auto shared_socket = std::make_shared<net::TcpSocket>(std::move(socket));
    asio::post(
        loop.context(),
        [this, &loop, &mine, shared_place, shared_socket, client, is_proxy, settings = settings_] {
            Visitor visitor{net::make_stream(loop, std::move(*shared_socket)),
                            std::move(*shared_place),
                            client,
                            settings.listener,
                            settings.certificate,
                            is_proxy};
            auto session = std::make_shared<Session>(loop,
                                                     std::move(visitor),
                                                     house_.current.get(),
                                                     house_.intake,
                                                     house_.logins,
                                                     house_.rates,
                                                     house_.metrics);
            loop.spawn("session", serve(session, mine), [&loop, open = open_] {
                --loop.connections;
                --*open;
            });
        });
}

net::Task<> Listener::serve(std::shared_ptr<Session> session, LoopSessions& mine) {
    // Registered for as long as the coroutine lives, however it ends.
    struct Registered {
        LoopSessions& all;
        Session* session;
        ~Registered() { all.sessions.erase(session); }
    };
    mine.sessions.insert(session.get());
    const Registered registered{mine, session.get()};
    if (mine.stopping) {
        session->stop();
    }
    co_await session->run();
}

}  // namespace relay::in
