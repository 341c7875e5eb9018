// Courier: one connection to one site. Takes the site's mail message by message until none is
// left.
//
// Tries hosts in order of preference, equals shuffled, and every address of each, until one
// greets; carries an attempt over to the next host while nothing of the message was sent. Waits a
// short while for more mail before it says QUIT. Where only some recipients need SMTPUTF8 they get
// a transaction of their own: a site without it costs the others nothing.
//
// Standards: RFC 5321 5.1 (order of hosts), 4.5.4.1.
// Executor: one loop.
// Cancellation: stop() lets the transaction end; abort() closes the connection. A lease that was
//   not settled goes back to the spool.
#pragma once

#include <memory>
#include <optional>
#include <random>

#include "relay/intake.h"
#include "relay/metrics.h"
#include "relay/out/exchange.h"
#include "relay/out/mx_resolver.h"
#include "relay/spool.h"

namespace relay::out {

class Courier : public std::enable_shared_from_this<Courier> {
public:
    Courier(std::uint64_t number,
            net::Loop& loop,
            Spool& spool,
            Intake& intake,
            Metrics& metrics,
            std::shared_ptr<const conf::Config> config,
            std::shared_ptr<const Route> route);

    net::Task<> run();
    /// On the courier's loop.
    void stop();
    void abort();

private:
    struct Candidate {
        std::string host;
        conf::IpAddress address;
    };
    net::Task<std::optional<Lease>> next_lease();
    /// Opens a connection, trying candidates from position_ on while attempts are left. False:
    /// `failure_` says why.
    net::Task<bool> connect();
    net::Task<> hang_up();
    using Outcomes = std::vector<queue::Outcome>;
    net::Task<> attempt(Lease lease);
    /// One for each recipient; none at all when the courier was stopped before it reached a host.
    net::Task<Outcomes> deliver(smtp::Delivery delivery,
                                queue::MessageId id,
                                std::shared_ptr<const queue::Content> content);
    net::Task<bool> bring_content(Lease& lease);
    /// Signs anew what must not leave as it is. False: it must not leave at all now.
    bool bring_signatures(Lease& lease);
    void settle_all(Lease lease, const queue::Outcome& outcome);
    /// For the history, where somebody was not reached.
    void note_attempt(const Lease& lease, const Outcomes& outcomes, net::Steady::time_point begun);
    void disconnected();

    std::uint64_t number_;
    net::Loop& loop_;
    Spool& spool_;
    Intake& intake_;
    Metrics& metrics_;
    std::shared_ptr<const conf::Config> config_;
    std::shared_ptr<const Route> route_;
    std::vector<Candidate> candidates_;
    std::size_t position_ = 0;
    int connections_tried_ = 0;    // for the current message
    bool passed_over_ = false;     // a host before position_ was not asked about this transaction
    int delivered_here_ = 0;       // messages on the current connection
    smtp::Transcript transcript_;  // of the current message; dropped when it is delivered
    std::unique_ptr<Exchange> exchange_;
    queue::Outcome failure_;
    net::Timer idle_;
    bool site_down_ = false;
    bool stopping_ = false;
};

}  // namespace relay::out
