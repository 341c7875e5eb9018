// Facts: the running relay, as far as the status server asks it.
//
// Everything named here outlives the server.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "conf/config.h"
#include "queue/store.h"
#include "relay/check/gate.h"
#include "relay/committer.h"
#include "relay/current.h"
#include "relay/intake.h"
#include "relay/metrics.h"
#include "relay/net/loop.h"
#include "relay/net/resolver.h"
#include "relay/spool.h"

namespace relay::status {

struct Facts {
    net::Loops& loops;
    Current& current;
    Spool& spool;
    Committer& committer;
    queue::Store& store;
    check::Gate& gate;
    Intake& intake;
    Metrics& metrics;
    net::Resolver& resolver;
    /// Bound addresses. Called on the first loop.
    std::function<std::vector<conf::Endpoint>()> listeners;
    /// As SIGHUP. Calls back once, from any thread: no problems, done.
    std::function<void(std::function<void(std::vector<std::string> problems)>)> reload;
    /// The self-check again, now, and a look at every selector.
    std::function<void()> check_now;
    /// Takes a selector out of service, as dkim::retire.
    std::function<net::Task<conf::Result<void>>(std::string domain, std::string selector)> retire;
};

}  // namespace relay::status
