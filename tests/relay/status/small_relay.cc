#include "tests/relay/status/small_relay.h"

#include <arpa/inet.h>
#include <array>
#include <cstdlib>
#include <cstring>
#include <future>
#include <netinet/in.h>
#include <stdexcept>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "conf/parse.h"
#include "dkim/errors.h"
#include "dkim/key_store.h"
#include "queue/sqlite_store.h"
#include "relay/clock.h"
#include "tests/relay/status/made_up.h"

namespace relay::status {

namespace {

/// Says `octets`, no more, and hears the answer to its end; closes.
std::string converse(int connection, const std::string& octets) {
    if (::send(connection, octets.data(), octets.size(), MSG_NOSIGNAL) !=
        static_cast<ssize_t>(octets.size())) {
        ::close(connection);
        return "not sent";
    }
    ::shutdown(connection, SHUT_WR);
    std::string answer;
    std::array<char, 4096> buffer{};
    for (;;) {
        const auto got = ::recv(connection, buffer.data(), buffer.size(), 0);
        if (got <= 0) {
            break;
        }
        answer.append(buffer.data(), static_cast<std::size_t>(got));
    }
    ::close(connection);
    return answer;
}

template <class T>
T must(conf::Result<T> result) {
    if (!result) {
        throw std::runtime_error(result.error().message());
    }
    return std::move(*result);
}

}  // namespace

SmallRelay::SmallRelay(Phase phase) {
    const std::string key = folder->path() + "/key.pem";
    if (const auto saved =
            dkim::save_new_key(key, must(dkim::PrivateKey::create(dkim::KeyType::Ed25519, 0)));
        !saved) {
        throw std::runtime_error(saved.error().message());
    }
    const auto loaded = conf::parse(
        "hostname = \"mail.example.com\"\n"
        "postmaster = \"postmaster@example.com\"\n"
        "data_dir = \"" +
            folder->path() +
            "/data\"\n"
            "[[domain]]\nname = \"example.com\"\n"
            "[[domain.selector]]\nname = \"2026a\"\nkey = \"" +
            key +
            "\"\n"
            "[limits]\nmin_free_disk = \"1KiB\"\n"
            "[dns]\nservers = [\"127.0.0.1:1\"]\n"
            "[self_check]\nmode = \"off\"\n"
            "[status]\naddress = \"127.0.0.1:0\"\n",
        "signet.toml");
    if (const auto* problems = std::get_if<std::vector<conf::Problem>>(&loaded)) {
        throw std::runtime_error(problems->front().message());
    }
    config = std::get<std::shared_ptr<const conf::Config>>(loaded);
    current = std::make_unique<Current>(Setup{config, dkim::KeyRing::load(*config)});
    server = std::make_unique<StatusServer>(loops);
    if (const auto opened = server->open(config->status, config->data_dir); !opened) {
        throw std::runtime_error(opened.error().message());
    }
    queue_store = must(queue::SqliteStore::open(config->data_dir, wall_clock()));
    ids_ = std::make_unique<queue::IdSource>(2, queue_store->last_id());
    history = std::make_unique<history::History>(config->data_dir, *queue_store, config->queue);
    committer = std::make_unique<Committer>(*queue_store, metrics);
    resolver = must(net::Resolver::create(config->dns, loops.first().context()));
    spool = std::make_unique<Spool>(
        *queue_store, *committer, gate, metrics, *history, disk, 1, *config);
    spool->listen({[] {}, [] {}, [](const Notice&) {}});
    intake = std::make_unique<Intake>(*current, *spool, *committer, disk, metrics);
    server->start();
    if (phase == Phase::Serving) {
        serve();
    }
    loops.start();
}

SmallRelay::~SmallRelay() {
    server->stop();
    server->abort();
    resolver->stop();
    committer->stop();
    disk.stop();
    loops.stop();
    loops.join();
}

net::Task<conf::Result<void>> SmallRelay::taken(std::string domain, std::string selector) {
    if (selector == "last") {
        co_return dkim::error(dkim::errc::NoSuccessor, "its mail would be held");
    }
    retired = domain + "/" + selector;
    co_return conf::Result<void>();
}

void SmallRelay::serve() {
    auto listeners = [] { return std::vector{conf::Listener().address}; };
    auto reload = [this](const std::function<void(std::vector<std::string>)>& tell) {
        tell(reload_problems);
    };
    auto check = [this] { ++checks; };
    auto retire = [this](std::string domain, std::string selector) {
        return taken(domain, selector);
    };
    server->serve(std::make_shared<const Facts>(Facts{loops,
                                                      *current,
                                                      *spool,
                                                      *committer,
                                                      *queue_store,
                                                      gate,
                                                      *intake,
                                                      metrics,
                                                      *resolver,
                                                      std::move(listeners),
                                                      std::move(reload),
                                                      std::move(check),
                                                      std::move(retire)}));
}

queue::MessageId SmallRelay::store(const std::string& recipient, const std::string& reason) {
    const auto now = wall_clock();
    auto message = std::make_shared<queue::Message>();
    auto& envelope = message->envelope;
    envelope = some_envelope();
    envelope.id = ids_->next(now);
    envelope.accepted = now;
    envelope.recipients.resize(1);
    envelope.recipients[0].address = address(recipient);
    envelope.recipients[0].due = now + std::chrono::hours(1);
    envelope.hold = {reason, now};
    auto content = std::make_shared<queue::Content>();
    content->header = "From: <app@example.com>\r\n";
    content->body = "hello\r\n";
    content->body_size = content->body.size();
    message->content = content;
    std::vector<queue::Change> changes;
    changes.emplace_back(queue::Insert{message, envelope.recipients[0].due});
    std::promise<conf::Result<void>> done;
    committer->commit(std::move(changes),
                      [&done](const conf::Result<void>& result) { done.set_value(result); });
    if (const auto result = done.get_future().get(); !result) {
        throw std::runtime_error(result.error().message());
    }
    return envelope.id;
}

int SmallRelay::connect_port() const {
    const int connection = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(server->endpoint().port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (::connect(connection, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
        throw std::runtime_error("connect");
    }
    return connection;
}

std::string SmallRelay::ask_port(const std::string& octets) const {
    return converse(connect_port(), octets);
}

std::string SmallRelay::ask_control(const std::string& octets) const {
    const int connection = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    const std::string path = control_path();
    std::memcpy(address.sun_path, path.data(), std::min(path.size(), sizeof address.sun_path - 1));
    if (::connect(connection, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
        throw std::runtime_error("connect");
    }
    return converse(connection, octets);
}

int status_of(const std::string& answer) {
    return answer.size() > 12 ? std::atoi(answer.c_str() + 9) : 0;
}

std::string body_of(const std::string& answer) {
    const auto end = answer.find("\r\n\r\n");
    return end == std::string::npos ? "" : answer.substr(end + 4);
}

}  // namespace relay::status
