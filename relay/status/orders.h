// Orders: what a person tells the relay to do with its queue, as the control socket takes it, and
// what is answered. Each is logged with what came of it.
//
// Executor: the first loop. What reads or changes much does so elsewhere, in steps.
// Errors:   a Response.
#pragma once

#include <atomic>
#include <memory>
#include <string>

#include "relay/net/worker_pool.h"
#include "relay/status/directions.h"
#include "relay/status/facts.h"
#include "relay/status/http_message.h"

namespace relay::status {

/// Page::Retry, Delete, Hold or Release, with a selection.
net::Task<Response> change_queue(std::shared_ptr<const Facts> facts, Page which, std::string body);

/// Page::Pause or Resume.
net::Task<Response> change_pauses(std::shared_ptr<const Facts> facts, Page which, std::string body);

/// Reads the whole store on `pool`, one step after another, until `stopping`. Both outlive it.
net::Task<Response> check_queue(std::shared_ptr<const Facts> facts,
                                net::WorkerPool& pool,
                                const std::atomic<bool>& stopping);

}  // namespace relay::status
