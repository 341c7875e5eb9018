// Dispatcher: finds routes for domains that need one, sends couriers to sites that want a
// connection, and reports to senders.
//
// Executor: everything happens on the first loop; couriers live on the loop that has the fewest
//   connections.
// Limits: delivery.connections couriers in all; kMaxLookups domains looked up at once, kMaxReports
//   reports made, each with its message in memory.
// Stopping: stop() lets couriers finish their transaction; abort() closes their connections;
//   open_couriers() falls to zero.
#pragma once

#include <atomic>
#include <deque>
#include <map>
#include <memory>
#include <unordered_map>

#include "relay/intake.h"
#include "relay/out/courier.h"
#include "relay/out/mx_resolver.h"
#include "relay/spool.h"

namespace relay::out {

class Dispatcher {
public:
    static constexpr int kMaxLookups = 200;
    static constexpr int kMaxReports = 20;

    Dispatcher(net::Loops& loops,
               Spool& spool,
               MxResolver& resolver,
               Current& current,
               Intake& intake,
               Metrics& metrics);

    void start();
    void stop();
    void abort();
    [[nodiscard]] int open_couriers() const { return couriers_open_; }

private:
    void look();
    void route_domains();
    void send_couriers();
    net::Task<> route(std::string domain);
    void make_reports();
    net::Task<> tell_sender(Notice notice);
    void courier_ended(std::uint64_t number);
    void forget_old_routes(queue::Instant now);

    net::Loops& loops_;
    Spool& spool_;
    MxResolver& resolver_;
    Current& current_;
    Intake& intake_;
    Metrics& metrics_;
    std::atomic<bool> look_posted_{false};
    std::atomic<int> couriers_open_{0};

    // On the first loop.
    struct Running {
        std::shared_ptr<Courier> courier;
        net::Loop* loop;
    };
    bool stopping_ = false;
    int lookups_ = 0;
    std::deque<std::string> to_route_;
    int reports_ = 0;
    std::deque<Notice> to_report_;  // of active messages, and a thousand others
    std::unordered_map<queue::SiteId, std::shared_ptr<const Route>> routes_;
    std::map<std::uint64_t, Running> couriers_;
    std::uint64_t next_number_ = 1;
};

}  // namespace relay::out
