// Stage: the relay's core from the intake to the store over a folder that is given, with two loops
// and without sockets, DNS and the outside, for as long as one run of a relay.
//
// Threads: wait() and close() from the one that made it.
// Errors: throws std::runtime_error where the relay would not start.
#pragma once

#include <functional>
#include <future>
#include <memory>
#include <optional>
#include <string>

#include "queue/store.h"
#include "relay/intake.h"
#include "relay/spool.h"

namespace crash {

/// Puts something between the relay and its store, or gives it back as it is.
using Wrap = std::function<std::unique_ptr<queue::Store>(std::unique_ptr<queue::Store>)>;

/// A configuration for example.com and a key, made once in `folder`.
relay::Setup make_setup(const std::string& folder);

class Stage {
public:
    /// Opens the store in `data` as a start of the relay does. A failure waits `gather` for others
    /// to share its report. `notice` is called on any thread.
    Stage(const relay::Setup& setup,
          const std::string& data,
          queue::Duration gather,
          const Wrap& wrap,
          std::function<void(relay::Notice)> notice);
    ~Stage() { close(); }
    /// Turns the loops and the spool; from here on notices come.
    void start();

    /// Ends everything as a clean stop does; what waits for the committer is committed.
    void close();

    /// Waits until what was spawned on the loops has ended, but for the spool's own turning.
    void wait_for_tasks();
    /// `task` runs on one of the loops.
    void spawn(relay::net::Task<> task);

    std::unique_ptr<queue::Store> store;
    relay::Current current;
    relay::Metrics metrics;
    relay::check::Gate gate{conf::CheckMode::Off};
    std::optional<relay::net::Loops> loops;
    std::optional<relay::net::WorkerPool> disk;
    std::optional<relay::history::History> history;
    std::optional<relay::Committer> committer;
    std::optional<relay::Spool> spool;
    std::optional<relay::Intake> intake;

private:
    std::atomic<std::size_t> running_{0};
    std::atomic<std::size_t> next_loop_{0};
};

}  // namespace crash
