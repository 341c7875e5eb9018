// TlsStage: the server's end of a loopback connection, on a loop of its own.
//
// The test is the client and runs on its own thread: it starts something here, says or hears its
// part, and waits for what came of it.
#pragma once

#include <algorithm>
#include <arpa/inet.h>
#include <chrono>
#include <future>
#include <memory>
#include <netinet/in.h>
#include <stdexcept>
#include <string>
#include <sys/socket.h>
#include <unistd.h>
#include <utility>

#include <openssl/x509v3.h>

#include "relay/net/tls.h"
#include "tests/relay/net/made_certificate.h"
#include "tests/relay/net/tls_peer.h"
#include "tests/support/temporary_folder.h"

namespace relay::net {

using Identity = std::shared_ptr<const ServerIdentity>;

/// What was read, and how reading ended.
struct Heard {
    IoStatus status = IoStatus::Ok;
    std::string text;
};

class TlsStage {
public:
    static constexpr std::chrono::seconds kPatience{20};

    TlsStage() : loop_(0) { loop_.start(); }
    ~TlsStage() {
        // From here on the stream is this thread's.
        loop_.stop();
        loop_.join();
    }
    TlsStage(const TlsStage&) = delete;
    TlsStage& operator=(const TlsStage&) = delete;

    /// The client's end; the other one is what shake() will work on.
    Wire connect() {
        const int door = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        socklen_t size = sizeof address;
        auto* generic = reinterpret_cast<sockaddr*>(&address);
        const int client = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
        if (bind(door, generic, size) != 0 || listen(door, 1) != 0 ||
            getsockname(door, generic, &size) != 0 || ::connect(client, generic, size) != 0) {
            throw std::runtime_error("no loopback connection");
        }
        accepted_ = accept4(door, nullptr, nullptr, SOCK_CLOEXEC);
        close(door);
        return Wire(client);
    }

    template <class T>
    std::future<T> start(Task<T> task) {
        auto promise = std::make_shared<std::promise<T>>();
        auto future = promise->get_future();
        loop_.spawn("test", deliver(std::move(task), std::move(promise)));
        return future;
    }
    template <class T>
    static T wait(std::future<T>& future) {
        if (future.wait_for(kPatience) != std::future_status::ready) {
            throw std::runtime_error("the server's side does not come to an end");
        }
        return future.get();
    }
    template <class T>
    T run(Task<T> task) {
        auto future = start(std::move(task));
        return wait(future);
    }

    // What runs on the loop

    Task<Handshake> shake(Identity identity,
                          std::string received = {},
                          conf::Duration limit = kPatience) {
        TcpSocket socket(loop_.executor(), asio::ip::tcp::v4(), std::exchange(accepted_, -1));
        stream_ = make_stream(loop_, std::move(socket));
        Handshake handshake =
            co_await accept_tls(loop_, stream_, std::move(received), std::move(identity), limit);
        stream_->no_limit();
        co_return handshake;
    }

    /// Reads `size` octets in blocks of at most `block`, unless the connection ends before.
    Task<Heard> hear(std::size_t size, std::size_t block = 16384) {
        Heard heard;
        std::string buffer(block, '\0');
        while (heard.text.size() < size && heard.status == IoStatus::Ok) {
            const ReadResult result = co_await stream_->read_some(
                buffer.data(), std::min(block, size - heard.text.size()));
            heard.status = result.status;
            heard.text.append(buffer, 0, result.octets);
        }
        co_return heard;
    }

    Task<IoStatus> say(std::string octets) {
        const IoStatus status = co_await stream_->write(octets);
        co_return status;
    }

    Task<bool> end() {
        co_await stream_->end();
        co_return true;
    }

    /// Calls `action(stream)` on the loop.
    template <class Action>
    Task<bool> act(Action action) {
        co_return action(*stream_);
    }

private:
    template <class T>
    static Task<> deliver(Task<T> task, std::shared_ptr<std::promise<T>> promise) {
        T value = co_await std::move(task);
        promise->set_value(std::move(value));
    }

    Loop loop_;
    int accepted_ = -1;
    std::unique_ptr<Stream> stream_;
};

/// A relay's certificate in files of its own.
class ServerFiles {
public:
    explicit ServerFiles(KeyKind kind = KeyKind::Ecdsa) : made_(subject(kind)) {
        write_file(certificate(), made_.certificate_pem());
        write_file(key(), made_.key_pem());
    }

    [[nodiscard]] const support::TemporaryFolder& folder() const { return folder_; }
    [[nodiscard]] const MadeCertificate& made() const { return made_; }
    [[nodiscard]] std::string certificate() const { return folder_.file("relay.pem"); }
    [[nodiscard]] std::string key() const { return folder_.file("relay.key"); }
    /// Throws what load() says.
    [[nodiscard]] Identity load(const std::string& client_ca = {}) const {
        auto identity = ServerIdentity::load(certificate(), key(), client_ca);
        if (!identity) {
            throw std::runtime_error(identity.error().message());
        }
        return *identity;
    }

private:
    static Subject subject(KeyKind kind) {
        Subject subject{"relay.example.org", {{GEN_DNS, "relay.example.org"}}};
        subject.kind = kind;
        return subject;
    }

    support::TemporaryFolder folder_;
    MadeCertificate made_;
};

}  // namespace relay::net
