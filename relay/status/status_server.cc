#include "relay/status/status_server.h"

#include <array>
#include <atomic>
#include <cstring>
#include <set>
#include <sys/stat.h>
#include <unistd.h>
#include <utility>

#include <boost/asio/basic_socket_acceptor.hpp>
#include <boost/asio/basic_stream_socket.hpp>
#include <boost/asio/generic/stream_protocol.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/write.hpp>

#include "relay/clock.h"
#include "relay/log.h"
#include "relay/status/answers.h"
#include "relay/status/control_socket.h"
#include "relay/status/request_reader.h"
#include "relay/status/time_text.h"

namespace relay::status {

namespace asio = net::asio;
using net::error_code;

namespace {

// One type for TCP and Unix sockets, so that what waits is compiled once.
using Protocol = asio::generic::stream_protocol;
using Socket = asio::basic_stream_socket<Protocol, net::Executor>;
using Acceptor = asio::basic_socket_acceptor<Protocol, net::Executor>;

constexpr std::chrono::seconds kRequestTime{10};
constexpr std::chrono::seconds kAnswerTime{30};
constexpr std::chrono::seconds kDrainTime{1};
constexpr std::size_t kMaxDrain = 256 * 1024;
constexpr std::chrono::milliseconds kBackoff{100};

conf::Endpoint endpoint_of(const Protocol::endpoint& local) {
    conf::Endpoint result;
    asio::ip::tcp::endpoint tcp;
    if (local.size() > tcp.capacity()) {
        return result;
    }
    tcp.resize(local.size());
    std::memcpy(tcp.data(), local.data(), local.size());
    if (const auto address = conf::IpAddress::parse(tcp.address().to_string())) {
        result.address = *address;
    }
    result.port = tcp.port();
    return result;
}

struct Connection {
    Connection(Socket taken, Channel of)
        : socket(std::move(taken)), timer(socket.get_executor()), channel(of) {}

    void close() {
        error_code ignored;
        socket.close(ignored);
        timer.cancel();
    }

    Socket socket;
    net::Timer timer;
    Channel channel;
    bool asked = false;  // the whole request is here
    std::array<char, 8 * 1024> buffer{};
};

/// Closes the connection unless what is under way ends within `time`.
void limit(const std::shared_ptr<Connection>& connection, std::chrono::seconds time) {
    connection->timer.expires_after(time);
    connection->timer.async_wait([weak = std::weak_ptr(connection)](error_code ec) {
        const auto late = weak.lock();
        if (!ec && late) {
            error_code ignored;
            late->socket.close(ignored);
        }
    });
}

}  // namespace

class StatusServer::Server : public std::enable_shared_from_this<Server> {
public:
    explicit Server(net::Loops& loops)
        : loop(loops.first()),
          answers(loops),
          port_(loop.executor(), Channel::Port, kMaxConnections),
          control_(loop.executor(), Channel::Control, kMaxControlConnections) {}

    conf::Result<void> open(const conf::Status& settings, const std::string& data_dir);
    [[nodiscard]] conf::Endpoint endpoint() const {
        error_code ignored;
        return endpoint_of(port_.acceptor.local_endpoint(ignored));
    }
    void start() {
        loop.spawn("status", accept(shared_from_this(), port_));
        loop.spawn("control", accept(shared_from_this(), control_));
    }
    void stop();
    void abort();
    void remove_file();

    net::Loop& loop;
    Answers answers;
    std::atomic<int> open_connections{0};

private:
    struct Door {
        Door(net::Executor executor, Channel of, int most)
            : acceptor(executor), backoff(executor), channel(of), limit(most) {}
        Acceptor acceptor;
        net::Timer backoff;
        Channel channel;
        int limit;
        int open = 0;
    };

    static net::Task<> accept(std::shared_ptr<Server> self, Door& door);
    static net::Task<> converse(std::shared_ptr<Server> self,
                                std::shared_ptr<Connection> connection,
                                Door& door);

    Door port_;
    Door control_;
    std::set<Connection*> connections_;
    std::string path_;     // of the control socket
    struct stat file_ {};  // as we made it
    bool stopping_ = false;
};

conf::Result<void> StatusServer::Server::open(const conf::Status& settings,
                                              const std::string& data_dir) {
    error_code ec;
    const asio::ip::tcp::endpoint wanted(
        asio::ip::make_address(settings.address.address.text(), ec), settings.address.port);
    if (!ec) {
        port_.acceptor.open(wanted.protocol(), ec);
    }
    if (!ec) {
        port_.acceptor.set_option(asio::socket_base::reuse_address(true), ec);
    }
    if (!ec) {
        port_.acceptor.bind(wanted, ec);
    }
    if (!ec) {
        port_.acceptor.listen(asio::socket_base::max_listen_connections, ec);
    }
    if (ec) {
        return conf::Error{
            ec, "status address " + settings.address.text() + ": free it, or set status.address"};
    }
    std::string path = settings.control_socket.path;
    if (path.empty()) {
        path = data_dir + "/control.sock";
    }
    if (path.starts_with(data_dir + "/")) {
        ::mkdir(data_dir.c_str(), 0700);  // where it fails, what follows says so
    }
    const auto opened = open_control_socket(path);
    if (!opened) {
        return opened.error();
    }
    path_ = path;
    ::lstat(path_.c_str(), &file_);
    control_.acceptor.assign(Protocol(AF_UNIX, 0), *opened, ec);
    if (ec) {
        ::close(*opened);
        remove_file();
        return conf::Error{ec, "control socket " + path_};
    }
    return {};
}

/// Only ours: whoever came after us may have put another in its place.
void StatusServer::Server::remove_file() {
    struct stat found {};
    if (!path_.empty() && ::lstat(path_.c_str(), &found) == 0 && found.st_ino == file_.st_ino &&
        found.st_dev == file_.st_dev) {
        ::unlink(path_.c_str());
    }
    path_.clear();
}

void StatusServer::Server::stop() {
    stopping_ = true;
    remove_file();
    for (Door* door : {&port_, &control_}) {
        error_code ignored;
        door->acceptor.close(ignored);
        door->backoff.cancel();
    }
    for (Connection* connection : connections_) {
        if (!connection->asked) {
            connection->close();
        }
    }
}

void StatusServer::Server::abort() {
    for (Connection* connection : connections_) {
        connection->close();
    }
}

net::Task<> StatusServer::Server::accept(std::shared_ptr<Server> self, Door& door) {
    while (!self->stopping_) {
        Socket socket(self->loop.executor());
        auto [ec] = co_await door.acceptor.async_accept(socket, net::kAsTuple);
        if (!ec && door.open < door.limit) {
            auto connection = std::make_shared<Connection>(std::move(socket), door.channel);
            ++door.open;
            ++self->open_connections;
            self->connections_.insert(connection.get());
            self->loop.spawn(
                "status request", converse(self, connection, door), [self, connection, &door] {
                    --door.open;
                    --self->open_connections;
                    self->connections_.erase(connection.get());
                });
            continue;
        }
        if (!ec || ec == asio::error::connection_aborted) {
            continue;  // one too many is closed
        }
        if (self->stopping_ || ec == asio::error::operation_aborted ||
            ec == asio::error::bad_descriptor) {
            break;
        }
        // No descriptors or memory: the connection stays in the backlog; asking at once would spin.
        log::Event(log::Level::Error, "accept").field("error", ec.message());
        door.backoff.expires_after(kBackoff);
        auto [waited] = co_await door.backoff.async_wait(net::kAsTuple);
        (void)waited;
    }
}

net::Task<> StatusServer::Server::converse(std::shared_ptr<Server> self,
                                           std::shared_ptr<Connection> connection,
                                           Door& door) {
    RequestReader reader(door.channel == Channel::Control ? RequestReader::Content::Read
                                                          : RequestReader::Content::Ignore);
    limit(connection, kRequestTime);
    while (reader.state() == RequestReader::State::NeedMore) {
        auto [ec, octets] = co_await connection->socket.async_read_some(
            asio::buffer(connection->buffer), net::kAsTuple);
        if (ec) {
            connection->close();
            co_return;
        }
        reader.feed({connection->buffer.data(), octets});
    }
    connection->timer.cancel();
    connection->asked = true;
    Response response;
    Method method = Method::Get;
    if (reader.state() == RequestReader::State::Refused) {
        response = reader.refusal();
    } else {
        method = reader.request().method;
        Response answer = co_await self->answers.answer(reader.request(), door.channel);
        response = std::move(answer);
    }
    const std::string octets = wire(response, method, http_date(wall_clock()));
    limit(connection, kAnswerTime);
    auto [failed, written] =
        co_await asio::async_write(connection->socket, asio::buffer(octets), net::kAsTuple);
    // RFC 9112 9.6. Half-close and read on for a moment: closing over octets that were not read
    // would reset the connection, and the client might lose our answer.
    if (!failed && written > 0) {
        error_code ignored;
        connection->socket.shutdown(asio::socket_base::shutdown_send, ignored);
        limit(connection, kDrainTime);
        for (std::size_t drained = 0; drained < kMaxDrain;) {
            auto [ec, more] = co_await connection->socket.async_read_some(
                asio::buffer(connection->buffer), net::kAsTuple);
            if (ec) {
                break;
            }
            drained += more;
        }
    }
    connection->close();
}

StatusServer::StatusServer(net::Loops& loops) : server_(std::make_shared<Server>(loops)) {}

StatusServer::~StatusServer() {
    server_->remove_file();
    server_->answers.end();
}

conf::Result<void> StatusServer::open(const conf::Status& settings, const std::string& data_dir) {
    return server_->open(settings, data_dir);
}

conf::Endpoint StatusServer::endpoint() const {
    return server_->endpoint();
}

void StatusServer::start() {
    server_->start();
}

void StatusServer::serve(std::shared_ptr<const Facts> facts) {
    server_->answers.serve(std::move(facts));
}

void StatusServer::stopping() {
    server_->answers.stopping();
}

void StatusServer::stop() {
    asio::post(server_->loop.context(), [server = server_] { server->stop(); });
}

void StatusServer::abort() {
    asio::post(server_->loop.context(), [server = server_] { server->abort(); });
}

int StatusServer::open_connections() const {
    return server_->open_connections;
}

}  // namespace relay::status
