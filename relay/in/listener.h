// Listener: accepts clients on one address and gives each connection to the loop that has the
// fewest.
//
// Executor: accepts on the first loop. accept() that fails for lack of descriptors or memory is
//   tried again after a short wait, never in a spin.
// Stopping: stop() takes no new connection and stops every session; open_sessions() falls to zero
//   when the last one is gone.
#pragma once

#include <atomic>
#include <memory>
#include <set>
#include <vector>

#include "relay/in/session.h"

namespace relay::in {

/// The sessions of one loop; touched on that loop alone.
struct LoopSessions {
    std::set<Session*> sessions;
    bool stopping = false;
};

using Acceptor = net::asio::basic_socket_acceptor<net::asio::ip::tcp, net::Executor>;

/// Takes the port, so that it can be done with root's rights; nobody is answered yet. Errors: in
/// use, not an address of this host, not permitted; each with the address.
conf::Result<Acceptor> bind_listener(net::Loop& loop, const conf::Endpoint& address);

class Listener {
public:
    /// What all listeners share.
    struct House {
        net::Loops& loops;
        Current& current;
        Intake& intake;
        Logins& logins;
        MessageRates& rates;
        Metrics& metrics;
        Admission& admission;
    };
    /// What a reload may change.
    struct Settings {
        std::shared_ptr<const conf::Listener> listener;
        std::shared_ptr<Certificate> certificate;  // null without TLS
    };

    /// `acceptor` belongs to the first loop.
    Listener(Acceptor acceptor, Settings settings, House house);
    ~Listener();

    /// The address with the port that was really taken.
    [[nodiscard]] conf::Endpoint endpoint() const;
    void start();
    /// For the connections that come from now on.
    void reconfigure(Settings settings);
    void stop();
    /// Closes every connection that is still open.
    void abort();
    [[nodiscard]] int open_sessions() const { return *open_; }

private:
    net::Task<> accept();
    void welcome(net::Loop& loop, net::TcpSocket socket);
    static net::Task<> serve(std::shared_ptr<Session> session, LoopSessions& mine);

    House house_;
    Acceptor acceptor_;
    net::Timer backoff_;
    Settings settings_;  // on the first loop
    std::vector<LoopSessions> by_loop_;
    std::shared_ptr<std::atomic<int>> open_ = std::make_shared<std::atomic<int>>(0);
    bool stopping_ = false;  // on the first loop
};

}  // namespace relay::in
