// Spool: every message that Signet is responsible for, from the 250 to its end. The one place
// where accepting and delivering meet.
//
// A message is active (in memory, in the Scheduler or in an attempt), waiting (in the store,
// until its due time) or held (in the store, until the gate opens). At most
// `queue.active_messages` are active; the rest is paged in by due time.
//
// Promises: accept() returns after the message is durable. Every recipient ends once: delivered,
//   failed or expired (with a notice to the sender that wants it, in one commit), or deleted.
//   Outcomes are durable 20 ms after settle() at the latest.
// Threads: safe, one lock, never held across a wait or a store call. Callbacks run without it.
// Memory: envelopes of active messages; contents of fresh ones up to a share of limits.memory,
// others are
//   read back when their turn comes.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <random>
#include <set>
#include <string>
#include <unordered_map>
#include <vector>

#include "queue/retry_policy.h"
#include "queue/scheduler.h"
#include "queue/store.h"
#include "relay/check/gate.h"
#include "relay/committer.h"
#include "relay/lease.h"
#include "relay/metrics.h"
#include "relay/net/loop.h"
#include "relay/net/worker_pool.h"

namespace relay {

/// Recipients about whom the sender is owed a report: given up, or relayed where success was to be
/// reported and the next host will not do it. They stay open in the store until it is committed.
struct Notice {
    std::shared_ptr<const queue::Envelope> envelope;  // the recipients' `last` says why
    std::vector<int> failed;                          // positions in envelope->recipients
    std::vector<int> expired;
    std::vector<int> relayed;

    [[nodiscard]] bool empty() const {
        return failed.empty() && expired.empty() && relayed.empty();
    }
};

/// One message explained.
struct Explained {
    queue::Envelope envelope;
    std::string state;  // "active", "waiting", "held", "finished"
    std::optional<queue::Instant> due;
};

class Spool {
public:
    static constexpr std::size_t kFinishedKept = 10000;

    Spool(queue::Store& store,
          Committer& committer,
          check::Gate& gate,
          Metrics& metrics,
          net::WorkerPool& disk,
          queue::NodeId node,
          const conf::Config& config);
    ~Spool();

    // Accepting.

    queue::MessageId next_id();
    /// Durable, and on its way (or held) when it returns success.
    net::Task<conf::Result<void>> accept(std::shared_ptr<queue::Message> message);
    /// Rows of a long body, in order, before accept(). Durable with the message.
    net::Task<conf::Result<void>> add_chunk(queue::MessageId id, int number, std::string octets);
    void drop_chunks(queue::MessageId id);
    /// Why no message of `size` octets can be taken now: StoreFull, QueueFull or StoreLatched.
    /// Cheap: looks at the disk once a second.
    conf::Result<void> has_room(std::uint64_t size);

    // Delivering.

    struct Listener {
        std::function<void()> unrouted;            // some domain needs a route
        std::function<void()> connections_wanted;  // some site wants another connection
        std::function<void(Notice)> notice;        // a report is owed
    };
    /// Once, before start(). Called on any thread, often: must be cheap.
    void listen(Listener listener);

    std::vector<std::string> domains_to_route(queue::Instant now);
    void assign(const std::string& domain, const queue::SiteId& site, queue::Instant valid_until);
    /// The domain leads nowhere: all that waits for it ends with `outcome`.
    void settle_domain(const std::string& domain, const queue::Outcome& outcome);
    /// No host of the site can be used: all that waits for it ends with `outcome`.
    void settle_site(const queue::SiteId& site, const queue::Outcome& outcome);

    std::vector<queue::SiteId> sites_wanting_connections();
    void connection_opened(const queue::SiteId& site);
    void connection_closed(const queue::SiteId& site);
    void site_reached(const queue::SiteId& site);

    /// The next attempt at `site`. When there is none, `wake` is kept and called once (on any
    /// thread) as soon as there is; stop_waiting() takes it back.
    std::optional<Lease> next_for(const queue::SiteId& site,
                                  std::uint64_t waiter,
                                  std::function<void()> wake);
    void stop_waiting(const queue::SiteId& site, std::uint64_t waiter);
    /// Brings the content of a lease that has none from the store. Errors: the message is gone or
    /// damaged.
    net::Task<conf::Result<std::shared_ptr<const queue::Content>>> fetch(queue::MessageId id);
    net::Task<conf::Result<std::string>> fetch_chunk(queue::MessageId id, int number);
    /// Other signatures for the message of `lease`, in it and in the store.
    void replace_signatures(Lease& lease, std::string signatures, std::string signed_by);
    /// One outcome for each of lease.attempt().recipients(), in order.
    void settle(Lease lease, const std::vector<queue::Outcome>& outcomes);
    /// Stores the report (already signed) and what it settles in one commit, then sends it.
    net::Task<conf::Result<void>> accept_notice(std::shared_ptr<queue::Message> report,
                                                const Notice& notice);
    /// The report could not be made now: it is owed again after a while.
    void owe_again(Notice notice);

    // Turning.

    /// Pages in what is due and follows the gate, until stop(). Runs on `loop`.
    void start(net::Loop& loop);
    void stop();
    void reconfigure(const conf::Config& config);

    // Operating.

    net::Task<std::optional<Explained>> explain(queue::MessageId id);
    /// Makes every waiting message that matches due now. Returns how many.
    net::Task<conf::Result<std::size_t>> retry(queue::Filter filter);
    /// Removes every message that matches; an attempt under way is not recalled. No report is sent.
    /// Returns how many.
    net::Task<conf::Result<std::size_t>> remove(queue::Filter filter);
    net::Task<conf::Result<queue::Page>> list(queue::Filter filter, queue::MessageId from);

    struct SiteView {
        queue::SiteId site;
        std::size_t waiting = 0;
        int connections = 0;
        int limit = 0;
    };
    struct View {
        queue::Totals totals;
        std::size_t in_memory = 0;
        std::size_t content_octets = 0;
        std::map<std::string, std::uint64_t> held;  // by reason
        std::vector<SiteView> sites;
    };
    View view();

private:
    friend class Lease;

    struct Active {
        std::shared_ptr<queue::Envelope> envelope;
        std::shared_ptr<const queue::Content> content;  // unset: in the store alone
        std::size_t outstanding = 0;  // recipients in the Scheduler or in an attempt
        std::set<int> owed;           // ended; the report is not stored yet
        bool reporting = false;       // a report is being made
        Notice next;                  // of it, what ended meanwhile: one report at a time
        std::uint64_t judged = 0;     // the gate's generation when it was last asked
        bool dirty = false;           // the store knows less than we do
        bool deleted = false;
    };
    using ActiveMap = std::unordered_map<queue::MessageId, Active>;
    /// What became of one recipient, for the log and the counters.
    struct Ending {
        queue::MessageId id;
        queue::Recipient recipient;
        queue::Outcome::Kind kind = queue::Outcome::Kind::Deferred;
        bool expired = false;
        queue::Duration delay{};  // since the message was accepted
    };
    /// What to do once the lock is gone.
    struct Effects {
        bool unrouted = false;
        bool wanted = false;
        std::optional<queue::Instant> due;
        std::vector<Notice> notices;
        std::vector<std::function<void()>> wakes;
        std::vector<Ending> endings;
        std::vector<std::pair<queue::MessageId, std::string>> held;
        std::uint64_t judged = 0;  // the gate's generation when `held` was decided
        Committer::Changes changes;
    };

    void carry_out(Effects effects);
    void report(const Effects& effects);

    // The functions below are called with the lock held.

    void activate(std::shared_ptr<queue::Envelope> envelope,
                  std::shared_ptr<const queue::Content> content,
                  std::uint64_t judged,
                  Effects& effects);
    void submit_parts(Active& active, queue::Instant now, Effects& effects);
    void offer(const queue::SiteId& site, Effects& effects);
    void record(Active& active,
                int position,
                const queue::Outcome& outcome,
                queue::Instant now,
                Notice& notice,
                Effects& effects);
    void give_up(Active& active, int position, bool expired, Notice& notice, Effects& effects);
    void settle_parts(const std::vector<queue::Part>& parts,
                      const queue::Outcome& outcome,
                      Effects& effects);
    void finish_step(ActiveMap::iterator it, Effects& effects);
    void owe(Active& active, Notice notice, Effects& effects);
    void erase(ActiveMap::iterator it);
    void remember_finished(const queue::Envelope& envelope);
    void put_on_hold(ActiveMap::iterator it, const std::string& reason, Effects& effects);
    void expire(ActiveMap::iterator it, const std::vector<int>& positions, Effects& effects);

    void give_back(queue::Attempt attempt);
    check::Gate::Answer judge(const queue::Envelope& envelope);
    std::size_t remove_matches(queue::Store& store,
                               const queue::Page& page,
                               conf::Result<void>& result);
    std::size_t retry_matches(queue::Store& store,
                              const queue::Page& page,
                              conf::Result<void>& result);
    using Step = std::size_t (Spool::*)(queue::Store&, const queue::Page&, conf::Result<void>&);
    net::Task<conf::Result<std::size_t>> walk(queue::Filter filter, Step step);

    // Turning, on loop_, and on the committer's thread where a Store is passed.

    net::Task<> run();
    void post_turn();
    void turn();
    void claim(queue::Store& store, std::size_t limit);
    void review_held(queue::Store& store,
                     queue::MessageId after,
                     std::uint64_t generation,
                     bool expiry_only);
    void expire_active(queue::Instant now);
    void owe_due(queue::Instant now);

    queue::Store& store_;
    Committer& committer_;
    check::Gate& gate_;
    Metrics& metrics_;
    net::WorkerPool& disk_;
    Listener listener_;

    std::mutex mutex_;
    queue::IdSource ids_;
    std::unique_ptr<const queue::RetryPolicy> policy_;
    std::size_t active_limit_;
    std::uint64_t min_free_disk_;
    std::uint64_t queue_limit_;  // messages; 0 is without
    std::size_t content_budget_;
    queue::Scheduler scheduler_;
    ActiveMap active_;
    std::size_t content_octets_ = 0;
    std::unordered_map<queue::SiteId, std::map<std::uint64_t, std::function<void()>>> waiters_;
    std::map<std::string, std::uint64_t> held_;  // counted by reason
    std::deque<std::pair<queue::Instant, Notice>> owed_;
    std::deque<queue::Envelope> finished_;
    std::unordered_map<queue::MessageId, std::size_t> finished_at_;  // absolute index
    std::size_t finished_dropped_ = 0;
    std::mt19937_64 random_;
    bool claiming_ = false;
    queue::Instant next_due_{};  // nothing in the store is due before it

    std::mutex room_mutex_;
    std::chrono::steady_clock::time_point room_looked_{};
    std::uint64_t room_free_ = 0;

    // On the loop that start() was given.
    net::Loop* loop_ = nullptr;
    std::optional<net::Timer> timer_;
    std::uint64_t reviewed_generation_ = ~std::uint64_t{0};
    std::atomic<bool> reviewing_{false};
    std::atomic<bool> review_wanted_{false};
    queue::Instant next_look_{};
    std::atomic<bool> stopping_{false};
    std::atomic<bool> turn_posted_{false};
};

}  // namespace relay
