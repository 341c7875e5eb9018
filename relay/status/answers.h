// Answers: what each page says, and what each command does.
//
// Executor: the first loop; pages that ask the disk are made on a thread of their own.
// Errors:   a Response.
#pragma once

#include <atomic>
#include <memory>
#include <mutex>

#include "relay/net/worker_pool.h"
#include "relay/status/directions.h"
#include "relay/status/facts.h"
#include "relay/status/http_message.h"
#include "relay/status/pause_json.h"
#include "relay/status/readiness.h"
#include "relay/status/selection.h"

namespace relay::status {

class Answers {
public:
    /// As long as a loop or a commit may take before the relay counts as stuck.
    static constexpr std::chrono::seconds kStuck{10};

    explicit Answers(net::Loops& loops);

    /// Any thread.
    void serve(std::shared_ptr<const Facts> facts) {
        const std::lock_guard lock(mutex_);
        facts_ = std::move(facts);
    }
    /// Any thread.
    void stopping() { stopping_ = true; }
    /// Waits for the page that is being made; later ones are never made.
    void end() { pool_.stop(); }

    net::Task<Response> answer(Request request, Channel channel);

private:
    using FactsPtr = std::shared_ptr<const Facts>;

    [[nodiscard]] FactsPtr known() const {
        const std::lock_guard lock(mutex_);
        return facts_;
    }

    [[nodiscard]] Response health(const Facts* facts) const;
    net::Task<Response> ready(FactsPtr facts);
    net::Task<Response> page(FactsPtr facts, Page which, Reader reader);
    net::Task<Response> message(FactsPtr facts, queue::MessageId id);
    net::Task<Response> list(FactsPtr facts, std::string query);
    net::Task<Response> reload(FactsPtr facts);
    net::Task<Response> retire(FactsPtr facts, std::string body);

    net::Loops& loops_;
    net::WorkerPool pool_;
    std::shared_ptr<Readiness> readiness_;
    mutable std::mutex mutex_;
    FactsPtr facts_;  // unset while starting
    std::atomic<bool> stopping_{false};
    std::atomic<bool> moving_{false};  // mail, into a folder or from one
    net::Steady::time_point started_;
};

}  // namespace relay::status
