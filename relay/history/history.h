// History: what happened to each message, for people. Gathers events in memory and writes them
// once a second, on a thread of its own.
//
// Mail never waits for it: note() is a short lock and a move. A database that cannot be opened or
// written is logged, and tried again, once a minute; until then the latest events stay in memory.
// One that is damaged is set aside as history.db.damaged, and a new one begun.
//
// Memory: kMaxEvents events or kMaxOctets of them wait; of more the oldest conversations go, then
//   the oldest events; how many is logged.
// Threads: safe. read() waits while a batch is written: not for a loop.
// Errors: none; they are logged.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "conf/config.h"
#include "queue/store.h"
#include "relay/history/event.h"
#include "relay/history/history_store.h"

namespace relay::history {

class History {
public:
    static constexpr std::size_t kMaxEvents = 100000;
    static constexpr std::size_t kMaxOctets = std::size_t{64} * 1024 * 1024;
    static constexpr std::chrono::seconds kEvery{1};
    static constexpr std::chrono::minutes kAgain{1};

    /// `queue` knows which messages are not done; it outlives this.
    History(std::string data_dir, queue::Store& queue, const conf::Queue& settings);
    ~History();
    History(const History&) = delete;
    History& operator=(const History&) = delete;

    void note(Event event);
    /// It happens now.
    void note(queue::MessageId id,
              Kind kind,
              std::vector<std::pair<Field, std::string>> fields = {});
    /// The message is done: it ended like this.
    void finish(std::shared_ptr<const queue::Envelope> envelope);
    /// Also what is not written yet. Blocks on the disk.
    Story read(queue::MessageId id);

    void reconfigure(const conf::Queue& settings);
    /// Writes what waits, and drops what is too old or too much.
    void write_now();
    /// Writes what waits and ends the thread; what is noted later is forgotten. Once.
    void stop();

    /// What memory had no room for.
    struct Dropped {
        std::uint64_t events = 0, transcripts = 0;
    };
    [[nodiscard]] Dropped dropped() const;

private:
    void run();
    void make_room();  // with mutex_ held

    // The functions below are called with store_mutex_ held.
    bool is_usable();
    bool write_waiting();
    void tidy();
    void failed(const conf::Error& error);
    void tell_dropped();

    std::string data_dir_;
    queue::Store& queue_;

    // Taken alone, or after store_mutex_.
    mutable std::mutex mutex_;
    std::condition_variable ended_;
    bool stopping_ = false;
    std::deque<Event> waiting_;
    std::size_t octets_ = 0;    // of waiting_
    std::size_t stripped_ = 0;  // so many at its front have no transcript any more
    Dropped dropped_;
    HistoryStore::Limits limits_;

    std::mutex store_mutex_;
    std::unique_ptr<HistoryStore> store_;
    std::chrono::steady_clock::time_point again_{};  // nothing is tried before
    std::chrono::steady_clock::time_point sweep_again_{};
    std::chrono::steady_clock::time_point told_{};
    Dropped told_dropped_;

    std::thread thread_;
};

}  // namespace relay::history
