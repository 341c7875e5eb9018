// Spool: every message that Signet is responsible for, from the 250 to its end. The one place
// where accepting and delivering meet.
//
// A message is active (in memory, in the Scheduler or in an attempt), waiting (in the store,
// until its due time) or held (in the store, until the gate opens, a pause ends, or the person who
// holds it releases it). At most `queue.active_messages` are active; the rest is paged in by due
// time. While a message is active its row has no reason of a hold: a row with one is the store's
// own, and changes there.
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
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "queue/mail_folder.h"
#include "queue/retry_policy.h"
#include "queue/scheduler.h"
#include "queue/store.h"
#include "relay/check/gate.h"
#include "relay/committer.h"
#include "relay/history/history.h"
#include "relay/lease.h"
#include "relay/metrics.h"
#include "relay/net/loop.h"
#include "relay/net/worker_pool.h"
#include "relay/pauses.h"
#include "relay/report_limit.h"
#include "relay/spool_moves.h"
#include "relay/steady_wall.h"
#include "relay/step_size.h"

namespace relay {

/// Recipients about whom the sender is owed a report: given up, or relayed where success was to be
/// reported and the next host will not do it. They stay open in the store until it is committed.
struct Notice {
    std::shared_ptr<const queue::Envelope> envelope;  // the recipients' `last` says why
    std::vector<int> failed;                          // positions in envelope->recipients
    std::vector<int> expired;
    std::vector<int> relayed;
    /// They still wait, and nothing ends by this report: it goes alone.
    std::vector<int> delayed;
    /// Until when those are tried; unset where a person's hold keeps them for as long as it lasts.
    std::optional<queue::Instant> until;

    [[nodiscard]] bool empty() const {
        return failed.empty() && expired.empty() && relayed.empty() && delayed.empty();
    }
    [[nodiscard]] bool gives_up() const { return !failed.empty() || !expired.empty(); }
    /// RFC 3464 2.3.3: "failed" where anybody was given up, else "relayed" or "delayed".
    [[nodiscard]] std::string_view action() const {
        return gives_up() ? "failed" : relayed.empty() ? "delayed" : "relayed";
    }
};

/// What tests change.
struct SpoolTerms {
    /// The first failure of a message waits this long for others to share its report.
    queue::Duration gather = std::chrono::seconds(60);
    SteadyWall::Clocks clocks = SteadyWall::real();
};

/// Where a recipient's mail goes, and what is going on there.
struct SiteView {
    queue::SiteId site;
    std::size_t waiting = 0;  // parts of messages
    int connections = 0;
    int limit = 0;  // of connections, now
};

/// One message explained.
struct Explained {
    queue::Envelope envelope;
    std::string state;  // "active", "waiting", "held", "finished"
    std::optional<queue::Instant> due = {};
    history::Story story = {};
    std::map<std::string, SiteView> sites = {};  // by recipient domain, as far as they are known
    std::set<int> queued = {};    // recipients that wait for a route or their turn at a site
    std::set<int> reported = {};  // over, but for the report to the sender
};

/// A message that is in no queue, by its history alone. Nothing where that knows nothing.
std::optional<Explained> explain_finished(queue::MessageId id, const history::Story& story);

class Spool {
public:
    Spool(queue::Store& store,
          Committer& committer,
          check::Gate& gate,
          Metrics& metrics,
          history::History& history,
          net::WorkerPool& disk,
          queue::NodeId node,
          const conf::Config& config,
          SpoolTerms terms = {});
    ~Spool();

    /// The time by which the queue goes; what is stored is told by it.
    [[nodiscard]] queue::Instant now() const { return clock_.now(); }

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
    /// `valid_until` is of the wall clock, as the resolver says it.
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
    enum class Report { Stored, Unneeded };
    /// Stores the report (already signed) and what it settles in one commit, then sends it; nothing
    /// of one that is not needed any more.
    net::Task<conf::Result<Report>> accept_notice(std::shared_ptr<queue::Message> report,
                                                  const Notice& notice);
    /// The report could not be made now: it is owed again after a while.
    void owe_again(const Notice& notice);

    // Turning.

    /// Pages in what is due and follows the gate, until stop(). Runs on `loop`.
    void start(net::Loop& loop);
    void stop();
    void reconfigure(const conf::Config& config);

    // Operating.

    net::Task<std::optional<Explained>> explain(queue::MessageId id);
    [[nodiscard]] history::History& history() { return history_; }
    /// Makes every waiting message that matches due now. Returns how many.
    net::Task<conf::Result<std::size_t>> retry(queue::Filter filter);
    /// Removes every message that matches; an attempt under way is not recalled. No report is sent.
    /// Returns how many.
    net::Task<conf::Result<std::size_t>> remove(queue::Filter filter);
    net::Task<conf::Result<queue::Page>> list(queue::Filter filter, queue::MessageId from);
    /// Holds every message that matches, for a person: until release(). An attempt under way is not
    /// recalled; what is open after it is held. `reason` begins with kHeldByPerson. Returns how
    /// many are held, those that were before included.
    net::Task<conf::Result<std::size_t>> hold(queue::Filter filter, std::string reason);
    struct Released {
        std::size_t released = 0;
        std::size_t held_otherwise = 0;  // matched, but no person holds them
    };
    /// Ends a person's hold of every message that matches: it is judged as if it were new, and due
    /// now.
    net::Task<conf::Result<Released>> release(queue::Filter filter);
    /// What was paused when the relay last ran is paused again. Once, before everything else.
    conf::Result<void> recall_pauses();
    /// Stops sending what `pause` covers, over restarts, until resume(); an attempt under way is
    /// not recalled. False when it was so before. Errors: of the store; too many pauses.
    net::Task<conf::Result<bool>> pause(Pause pause);
    /// False when there is no such pause.
    net::Task<conf::Result<bool>> resume(Pause pause);
    [[nodiscard]] const Pauses& pauses() const { return pauses_; }
    /// Moves every message that matches into `folder` (see SpoolExport), and what is there into the
    /// queue (SpoolImport). One of them at a time.
    net::Task<Exported> export_to(queue::Filter filter,
                                  std::shared_ptr<const queue::MailFolder> folder);
    net::Task<Imported> import_from(std::shared_ptr<const queue::MailFolder> folder);

    using SiteView = relay::SiteView;
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
    friend class SpoolExport;
    friend class SpoolImport;

    struct Active {
        std::shared_ptr<queue::Envelope> envelope;
        std::shared_ptr<const queue::Content> content;  // unset: in the store alone
        std::size_t outstanding = 0;    // recipients in the Scheduler or in an attempt
        std::set<int> aside;            // due, but a hold or a pause keeps them from being tried
        std::set<int> owed;             // ended; the report is not stored yet
        bool reporting = false;         // a report is being made
        Notice next;                    // ended, and not in that report: one at a time
        queue::Instant gather_until{};  // `next` waits for company
        queue::Instant report_after{};  // no report of a failure can be made before
        /// An attempt is due to it although it is too old: not expired before.
        queue::Instant last_chance{};
        std::uint64_t judged = 0;  // generation() when it was last judged
        /// A report's commit is under way: it would undo what is stored now, which waits for it.
        bool storing = false;
        std::optional<queue::Resign> resigned;  // meanwhile
        bool deleted = false;
    };
    using ActiveMap = std::unordered_map<queue::MessageId, Active>;
    /// What became of one recipient, for the log and the counters.
    struct Ending {
        queue::MessageId id;
        queue::Recipient recipient;
        queue::Outcome::Kind kind = queue::Outcome::Kind::Deferred;
        bool expired = false;
        queue::Duration delay{};   // since the message was accepted
        std::string lost_to = {};  // a report that nobody gets: the hold that it expired in
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
        std::vector<queue::MessageId> released;
        std::optional<std::uint64_t> judged;  // the oldest generation() by which mail was held
        bool review = false;                  // the gate may have let go what goes back on hold
    };

    void carry_out(Effects effects);
    void report(const Effects& effects);
    void note_endings(const std::vector<Ending>& endings);
    std::optional<Explained> explain_now(queue::MessageId id);
    std::optional<Explained> explain_active(queue::MessageId id);
    Explained explain_stored(queue::Stored stored);
    void add_sites(Explained& explained) const;

    // The functions below are called with the lock held.

    void activate(std::shared_ptr<queue::Envelope> envelope,
                  std::shared_ptr<const queue::Content> content,
                  std::uint64_t judged,
                  Effects& effects);
    ActiveMap::iterator hold_in_memory(std::shared_ptr<queue::Envelope> envelope,
                                       std::shared_ptr<const queue::Content> content,
                                       std::uint64_t judged);
    void submit_parts(Active& active, queue::Instant now, Effects& effects);
    void submit_recipients(Active& active,
                           const std::vector<int>& positions,
                           queue::Instant now,
                           Effects& effects);
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
    [[nodiscard]] queue::Instant next_look(const Active& active, queue::Instant now) const;
    void erase(ActiveMap::iterator it);

    // Reports.

    /// Nothing is tried any more for it, but the sender's report is not stored.
    static bool has_ended(const queue::Recipient& recipient);
    void owe(Active& active, const Notice& notice);
    void recall_owed(Active& active);
    [[nodiscard]] bool others_may_end(const Active& active) const;
    enum class Telling { Nothing, Gathers, PutOff, Made };
    Telling tell(Active& active, queue::Instant now, Effects& effects);
    void gather(queue::MessageId id, const Active& active);
    static bool wants_warning(const queue::Envelope& envelope);
    bool warn(const queue::Envelope& envelope, queue::Instant now, Effects& effects);
    void send_report(const queue::Message& report,
                     const check::Gate::Answer& answer,
                     std::uint64_t generation,
                     Effects& effects);
    void put_on_hold(ActiveMap::iterator it, queue::Hold hold, Effects& effects);
    [[nodiscard]] bool has_last_chance(const queue::Envelope& envelope) const;
    [[nodiscard]] bool leaves_hold(const queue::Envelope& envelope,
                                   const check::Gate::Answer& answer,
                                   bool expired) const;
    void expire(ActiveMap::iterator it,
                const std::vector<int>& positions,
                const std::string& held,
                Effects& effects);
    void take_up(queue::Envelope claimed,
                 queue::Instant now,
                 std::uint64_t generation,
                 Effects& effects);

    // What people hold and pause.

    /// A reason would put the row among the held ones, where it is changed without regard to us.
    static std::shared_ptr<const queue::Envelope> row_while_active(const queue::Envelope& envelope);
    static void set_aside(Active& active, const std::vector<int>& positions);
    void hold_if_paused(Active& active, Effects& effects);
    [[nodiscard]] bool is_stopped(const queue::Attempt& attempt) const;
    void follow_pauses(ActiveMap::iterator it, Effects& effects);
    void let_go(ActiveMap::iterator it, Effects& effects);
    void count_held(const std::string& before, const std::string& after);
    /// Under the lock, so that the store is told of a message in the order in which it changed.
    void store_later(queue::Change change);
    void end_storing(Active& active);

    // Without it.

    /// Grows with every change of the gate and of the pauses.
    [[nodiscard]] std::uint64_t generation() const {
        return gate_.generation() + pauses_.generation();
    }
    /// What came of going through the messages that match.
    struct Walked {
        std::size_t changed = 0;
        std::size_t held_otherwise = 0;
        std::vector<queue::MessageId> later;  // on their way between memory and store
        std::optional<queue::MessageId> next;
        StepSize step;
    };
    using Visit = std::function<conf::Result<void>(queue::Store&, const queue::Page&, Walked&)>;
    net::Task<conf::Result<Walked>> walk(queue::Filter filter,
                                         Visit step,
                                         std::vector<queue::MessageId> also);
    net::Task<conf::Result<void>> visit(queue::Filter filter,
                                        queue::MessageId from,
                                        Visit step,
                                        std::shared_ptr<Walked> walked);
    conf::Result<void> hold_matches(queue::Store& store,
                                    const queue::Page& page,
                                    const std::string& reason,
                                    Walked& walked);
    conf::Result<void> release_matches(queue::Store& store,
                                       const queue::Page& page,
                                       Walked& walked);
    conf::Result<void> wake_matches(queue::Store& store, const queue::Page& page, Walked& walked);
    net::Task<conf::Result<bool>> change_pauses(queue::Change change,
                                                std::function<bool(Pauses&)> follow);
    net::Task<> follow_pauses();
    net::Task<conf::Result<Report>> store_ending(std::shared_ptr<queue::Message> report,
                                                 std::optional<queue::Instant> due,
                                                 const Notice& notice);
    net::Task<conf::Result<Report>> store_warning(std::shared_ptr<queue::Message> report,
                                                  std::optional<queue::Instant> due,
                                                  const Notice& notice);
    conf::Result<Report> commit_warning(queue::Store& store,
                                        const std::shared_ptr<queue::Message>& report,
                                        std::optional<queue::Instant> due,
                                        const Notice& notice);
    void give_back(queue::Attempt attempt);
    check::Gate::Answer judge(const queue::Envelope& envelope);
    conf::Result<void> remove_matches(queue::Store& store, const queue::Page& page, Walked& walked);
    conf::Result<void> retry_matches(queue::Store& store, const queue::Page& page, Walked& walked);
    using Matches = conf::Result<void> (Spool::*)(queue::Store&, const queue::Page&, Walked&);
    /// How many were changed.
    net::Task<conf::Result<std::size_t>> change_all(queue::Filter filter, Matches matches);

    // Turning, on loop_, and on the committer's thread where a Store is passed.

    net::Task<> run();
    void post_turn();
    void turn();
    void follow_clock();
    queue::Instant furthest_due();
    net::Task<> bring_nearer();
    conf::Result<void> bring_nearer_matches(queue::Store& store,
                                            const queue::Page& page,
                                            Walked& walked);
    void claim(queue::Store& store, std::size_t limit);
    /// What of the held mail is looked at: all of it, or what became too old since then.
    enum class Review { All, Expired };
    void start_review(queue::Instant now, bool look);
    void go_slowly(const queue::Envelope& envelope, std::uint64_t generation);
    void review_held(queue::Store& store,
                     queue::MessageId after,
                     std::uint64_t generation,
                     Review kind);
    void look_at_late(queue::Store& store);
    void go_through_active(queue::Instant now);
    void end_gathering(queue::Instant now);

    queue::Store& store_;
    Committer& committer_;
    check::Gate& gate_;
    Pauses pauses_;
    Metrics& metrics_;
    history::History& history_;
    net::WorkerPool& disk_;
    Listener listener_;
    SteadyWall clock_;
    const queue::Duration gather_;

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
    std::map<std::string, std::uint64_t> held_;                        // counted by reason
    std::set<std::pair<queue::Instant, queue::MessageId>> gathering_;  // when to look again
    ReportLimit report_limit_;
    std::unordered_set<queue::MessageId> warnings_;  // reports of delay that are being made
    queue::Instant warn_after_{};                    // the last of them failed
    queue::Instant started_;                         // before it nobody could try
    std::mt19937_64 random_;
    bool claiming_ = false;
    queue::Instant next_due_{};  // nothing in the store is due before it

    std::mutex room_mutex_;
    std::chrono::steady_clock::time_point room_looked_{};
    std::uint64_t room_free_ = 0;

    // On the loop that start() was given.
    net::Loop* loop_ = nullptr;
    std::optional<net::Timer> timer_;
    queue::Instant turned_;
    std::uint64_t reviewed_generation_ = ~std::uint64_t{0};
    // How far the walks through the held mail have come; on the committer's thread.
    queue::MessageId expired_until_, late_until_;
    queue::Instant walk_again_{};  // from the beginning
    std::atomic<bool> reviewing_{false};
    std::atomic<bool> review_wanted_{false};
    queue::Instant next_look_{};
    std::atomic<bool> stopping_{false};
    std::atomic<bool> turn_posted_{false};
};

}  // namespace relay
