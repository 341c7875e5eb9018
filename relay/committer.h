// Committer: the one thread that writes the store. Folds everything that waits into one durable
// commit.
//
// Commits at once when nobody else is about to ask; while other messages are being received
// (expect()) it gathers for at most kWindow from the start of the commit before, since the number
// of syncs is what costs. What was given to commit_later() rides with the next commit, kRide late
// at most.
//
// Threads: every function from any thread. Callbacks run on the committer's thread and must not
//   block.
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
#include <thread>
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
    static constexpr std::size_t kMaxPayload = 4 * 1024 * 1024;   // octets in one commit

    using Changes = std::vector<queue::Change>;
    using Done = std::function<void(const conf::Result<void>&)>;

    Committer(queue::Store& store, Metrics& metrics);
    ~Committer();

    /// Durable when it returns success. Resumes on the caller's loop.
    net::Task<conf::Result<void>> commit(Changes changes);
    /// The same with a callback on the committer's thread.
    void commit(Changes changes, Done done);
    /// Rides along; all or nothing for these changes together. On a full disk they wait for room;
    /// any other failure is logged and latches as the store does.
    void commit_later(Changes changes);
    /// Runs `work` on the committer's thread, between commits, after everything given before it is
    /// committed.
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
        Done done;
        std::size_t payload = 0;
    };
    void run();
    void commit_batch(std::deque<Entry>& batch);
    void postpone(Entry entry);
    static std::size_t payload_of(const Changes& changes);

    queue::Store& store_;
    Metrics& metrics_;
    std::atomic<int> expected_{0};
    std::atomic<std::chrono::steady_clock::rep> busy_since_{0};

    std::mutex mutex_;
    std::condition_variable wake_;
    std::deque<Entry> urgent_;
    std::deque<Entry> riding_;
    std::chrono::steady_clock::time_point ride_until_{};
    std::deque<std::function<void(queue::Store&)>> work_;
    bool stopping_ = false;

    std::thread thread_;
};

}  // namespace relay
