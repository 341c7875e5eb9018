// StoreLoad: mail through the relay's own Committer into the store, without SMTP.
//
// As in the relay, loops accept: each message is expected while it arrives and one commit once it
// is here. It is settled some time after its commit, by a change that rides along; of some the
// first attempt is put off, and they are settled later. A period ends when all of its mail is out
// of the store again.
//
// Threads: periods one after the other, from one thread.
// Errors:  a commit that fails ends the program.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <memory>
#include <mutex>
#include <vector>

#include "queue/message_id.h"
#include "queue/store.h"
#include "relay/committer.h"
#include "relay/metrics.h"
#include "relay/net/loop.h"
#include "tests/load/sample_mail.h"

namespace load {

using Steady = std::chrono::steady_clock;

class StoreLoad {
public:
    struct Habits {
        std::chrono::milliseconds life{1000};  // from the commit to the change that settles it
        std::uint64_t deferred = 10;           // of a hundred
    };
    StoreLoad(queue::Store& store, const SampleMail& mail, Habits habits);
    ~StoreLoad();
    StoreLoad(const StoreLoad&) = delete;
    StoreLoad& operator=(const StoreLoad&) = delete;

    struct Period {
        std::uint64_t rate = 0;     // messages a second; 0: as fast as `senders` get them in
        std::uint64_t senders = 0;  // at once, where there is no rate
        std::chrono::milliseconds warm{1500};
        std::chrono::milliseconds counted{5000};
        std::uint64_t large = 0;  // octets of one more message; 0: none
    };
    struct Figures {
        std::uint64_t accepted = 0;       // from beginning to end
        double accept_rate = 0;           // of the counted time
        double settle_rate = 0;           // the same: removals that are durable
        std::vector<double> accept_ms{};  // of the counted time, sorted; from arrival to commit
        double large_ms = 0;              // from the first row to the commit of the large one
        double commits = 0;               // a second, over all of it
        double commit_ms = 0;             // their mean
        std::vector<double> worst{};      // the five longest of accept_ms
    };
    Figures run(const Period& period);

private:
    class Source;
    struct Marks {
        Steady::time_point time;
        std::uint64_t accepted = 0, settled = 0;
    };

    queue::MessageId next_id();
    /// Once all that was given before is committed.
    Marks durable_marks();

    queue::Store& store_;
    const SampleMail& mail_;
    const Habits habits_;
    relay::Metrics metrics_;
    std::atomic<std::uint64_t> accepted_{0}, settled_{0};

    std::mutex ids_mutex_;
    queue::IdSource ids_;

    relay::Committer committer_;
    relay::net::Loops loops_;
};

}  // namespace load
