// Moves: the orders that move mail between the queue and a folder, as the control socket takes
// them. Each is logged with what came of it.
//
// Executor: the first loop. The disk is asked elsewhere, in steps.
// Errors:   a Response: 400 for a folder that cannot serve, 409 while another move is under way,
//   503 with what was done until then.
#pragma once

#include <atomic>
#include <memory>
#include <string>

#include "relay/net/worker_pool.h"
#include "relay/status/facts.h"
#include "relay/status/http_message.h"

namespace relay::status {

/// {"folder": "/srv/mail", "all": true}: {"exported": 60, "left": 0}. `pool` and `moving`, which is
/// true while one of both is at work, outlive it.
net::Task<Response> export_queue(std::shared_ptr<const Facts> facts,
                                 net::WorkerPool& pool,
                                 std::atomic<bool>& moving,
                                 std::string body);

/// {"folder": "/srv/mail"}: {"imported": 60, "known": 0, "refused": []}.
net::Task<Response> import_queue(std::shared_ptr<const Facts> facts,
                                 net::WorkerPool& pool,
                                 std::atomic<bool>& moving,
                                 std::string body);

}  // namespace relay::status
