// Departures: does a message that a selector signed still wait in the queue?
//
// Cost: the messages that were accepted until it stopped signing, page by page on a worker, up to
// the first that matches; never a transaction over more than a page.
//
// Executor: the loop that awaits it.
#pragma once

#include <string>

#include "conf/config.h"
#include "queue/store.h"
#include "relay/net/worker_pool.h"

namespace relay::check {

/// `signer` is "example.com/2026a", which signed until `until`. A held message does not count: it
/// is signed anew before it leaves. True also where the store cannot tell.
net::Task<bool> still_waits(queue::Store& store,
                            net::WorkerPool& disk,
                            std::string signer,
                            conf::Instant until);

}  // namespace relay::check
