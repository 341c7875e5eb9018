// How a session learns who its client is: TLS and passwords.
#include <algorithm>
#include <utility>

#include "relay/in/session.h"
#include "relay/log.h"
#include "relay/net/proxy_header.h"

namespace relay::in {

namespace {

constexpr std::chrono::seconds kHandshake{30};
constexpr std::chrono::seconds kProxyHeader{10};

std::string_view name(conf::ListenerTls policy) {
    switch (policy) {
        case conf::ListenerTls::None:
            return "none";
        case conf::ListenerTls::StartTls:
            return "starttls";
        case conf::ListenerTls::RequiredStartTls:
            return "required-starttls";
        case conf::ListenerTls::Implicit:
            return "implicit";
    }
    return "";
}

}  // namespace

/// The proxy's header; what stands behind it stays in in_.
net::Task<bool> Session::learn_client() {
    stream_->limit(kProxyHeader);
    net::ProxyHeader header = net::parse_proxy_header(in_);
    while (header.state == net::ProxyHeader::State::NeedMore) {
        const bool more = co_await read_more();
        if (!more) {
            co_return false;
        }
        header = net::parse_proxy_header(in_);
    }
    if (header.state == net::ProxyHeader::State::Malformed) {
        log::Event(log::Level::Warning, "proxy-header")
            .field("client", client_.text())
            .field("problem", "the connection does not begin with a PROXY header");
        co_return false;
    }
    in_.erase(0, header.size);
    if (!header.client) {
        co_return true;  // the proxy itself, asking whether we live
    }
    client_ = *header.client;
    listed_ = listener_->find_client(client_);
    dialog_.meet(listed_ != nullptr, client_.is_loopback());
    if (place_.become(client_)) {
        co_return true;
    }
    metrics_.messages_rejected.add({"421"});
    log::Event(log::Level::Warning, "refused")
        .field("client", client_.text())
        .field("reason", "too many connections");
    if (listener_->tls != conf::ListenerTls::Implicit) {
        out_ = smtp::Reply{421, "4.7.0", "Too many connections"}.wire();
        (void)co_await flush();
    }
    co_return false;
}

net::Task<bool> Session::start_tls() {
    const auto handshake = co_await net::accept_tls(loop_,
                                                    stream_,
                                                    std::exchange(in_, {}),
                                                    certificate_->current(net::Steady::now()),
                                                    kHandshake);
    scanned_ = 0;
    metrics_.tls_sessions.add(
        {"in", std::string(name(listener_->tls)), handshake.done ? "ok" : "failed"});
    if (!handshake.done) {
        log::Event(log::Level::Info, "tls-failed")
            .field("client", client_.text())
            .field("reason", handshake.fault);
        co_return false;
    }
    tls_ = handshake.session;
    dialog_.secured(tls_.client_name);
    co_return true;
}

net::Task<bool> Session::check_password() {
    const bool written = co_await flush();
    if (!written) {
        co_return false;
    }
    stream_->no_limit();  // the client waits for us
    const auto& login = dialog_.login();
    const bool matches = co_await logins_.check(login.verifier(), login.password());
    co_return co_await follow(dialog_.password_checked(matches));
}

/// Whoever guesses passwords waits longer each time; the others of this loop do not.
net::Task<bool> Session::pay_penalty() {
    constexpr int kLongest = 3;
    failed_logins_ = std::min(failed_logins_ + 1, kLongest);
    const bool locked = logins_.failed(client_, Logins::Clock::now());
    {
        log::Event event(locked ? log::Level::Warning : log::Level::Info, "login-failed");
        event.field("client", client_.text());
        if (locked) {
            event.field("advice", "its address is locked out for 15 minutes");
        }
    }
    const bool written = co_await flush();
    if (!written) {
        co_return false;
    }
    stream_->no_limit();
    penalty_.expires_after(std::chrono::seconds(failed_logins_));
    auto [ec] = co_await penalty_.async_wait(net::kAsTuple);
    (void)ec;  // ended early by stop()
    co_return true;
}

}  // namespace relay::in
