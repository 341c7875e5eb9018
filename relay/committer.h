// Committer: the one writer of the store. Folds everything that waits into one durable commit.
//
// Commits at once when nobody else is about to ask; while other messages are being received
// (Expectation) it gathers for at most kWindow from the start of the commit before, since the
// number of syncs is what costs. What was given to commit_later() rides with the next commit, kRide
// late at most.
//
// Everything is done in the order in which it was given, except what a full disk puts off: outcomes
// wait for room, and so does what comes later for the same rows.
//
// The committer's thread does the work; only a loop that asks while there is nothing else to do,
// on a disk whose syncs are short, commits by itself: waking two threads would cost it a third of
// the sync.
//
// Threads: every function from any thread; one at a time writes. Callbacks run on the committer's
//   thread and must not block.
// Errors: each commit gets its own answer. When a folded commit fails for a full disk, its parts
//   are tried one by one, so that small ones still get through.
// Stopping: stop() commits all that waits, then ends the thread; later calls fail.
#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <unordered_set>
#include <vector>

#include "conf/result.h"
#include "queue/store.h"
#include "relay/metrics.h"
#include "relay/net/net.h"

namespace relay {

class Committer {
public:
    static constexpr std::chrono::milliseconds kWindow{2};
    static constexpr std::chrono::milliseconds kRide{20};
    static constexpr std::chrono::milliseconds kRetryFull{1000};  // riders on a full disk
    // What a loop may be held up: on average, and by how many octets.
    static constexpr std::chrono::milliseconds kShort{1};
    static constexpr std::size_t kSmall = std::size_t{64} * 1024;
    static constexpr std::size_t kMaxPayload = 4 * 1024 * 1024;  // octets in one commit

    using Changes = std::vector<queue::Change>;
    using Done = std::function<void(const conf::Result<void>&)>;

    Committer(queue::Store& store, Metrics& metrics);
    ~Committer();

    /// Durable when it returns success. Resumes on the caller's loop, which it may hold up for as
    /// long as a short commit takes (kShort).
    net::Task<conf::Result<void>> commit(Changes changes);
    /// The same with a callback on the committer's thread.
    void commit(Changes changes, Done done);
    /// Rides along; all or nothing for these changes together. On a full disk they wait for room,
    /// before everything that was given later for the same rows; a commit() that changes these
    /// fails with StoreFull meanwhile. Any other failure is logged and latches as the store does.
    void commit_later(Changes changes);
    /// Runs `work` on the committer's thread, between commits, after everything given before it is
    /// committed (or put off by a full disk).
    void on_store(std::function<void(queue::Store&)> work);

    /// While one of these lives, a message is being received that will ask for a commit soon.
    class Expectation {
    public:
        explicit Expectation(Committer& committer) : committer_(&committer) {
            ++committer.expected_;
        }
        ~Expectation() { release(); }
        Expectation(const Expectation&) = delete;
        Expectation& operator=(const Expectation&) = delete;
        void release() {
            if (committer_ != nullptr) {
                --committer_->expected_;
                committer_ = nullptr;
            }
        }

    private:
        Committer* committer_;
    };

    void stop();
    /// When the thread last finished something or was found idle; a commit that hangs shows here.
    [[nodiscard]] std::chrono::steady_clock::duration busy_for() const;

private:
    struct Entry {
        Changes changes;
        Done done;                                // empty: rides
        std::function<void(queue::Store&)> work;  // instead of changes
        std::size_t payload = 0;
        [[nodiscard]] bool rides() const { return !done && !work; }
    };
    using Batch = std::deque<Entry>;
    void run();
    void give(Entry entry);
    void wait_for_more(std::unique_lock<std::mutex>& lock);
    Batch next_batch();
    void work_on(std::unique_lock<std::mutex>& lock);
    void tidy(std::unique_lock<std::mutex>& lock);
    std::optional<conf::Result<void>> commit_here(Changes& changes);
    void commit_batch(Batch batch);
    void commit_each(Batch& batch, const conf::Result<void>& together);
    void finish(Entry& entry, const conf::Result<void>& result);
    [[nodiscard]] bool is_idle() const;
    void begin_writing();
    void end_writing();
    [[nodiscard]] bool waits_for_room(const Entry& entry) const;
    static std::size_t payload_of(const Changes& changes);

    queue::Store& store_;
    Metrics& metrics_;
    std::atomic<int> expected_{0};
    std::atomic<std::chrono::steady_clock::rep> busy_since_{0};
    // How long a commit takes of late, in nanoseconds; until one was seen, too long.
    std::atomic<std::int64_t> usual_{std::chrono::nanoseconds(2 * kShort).count()};

    std::mutex mutex_;
    std::condition_variable wake_;
    Batch waiting_;           // in the order in which it was given
    std::size_t riders_ = 0;  // of `waiting_`
    std::chrono::steady_clock::time_point ride_until_{};
    bool writing_ = false;  // somebody does; nobody else may
    bool stopping_ = false;

    // Of who writes.
    std::chrono::steady_clock::time_point last_start_{};
    std::chrono::steady_clock::time_point last_tidy_ = std::chrono::steady_clock::now();
    Batch put_off_;  // by a full disk
    std::chrono::steady_clock::time_point put_off_until_{};
    std::unordered_set<std::string> put_off_rows_;

    std::thread thread_;
};

}  // namespace relay
