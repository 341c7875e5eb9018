// HistoryStore: what happened to messages, in a database of its own, DATA_DIR/history.db.
//
// WAL with synchronous=NORMAL: a power cut may cost the last second of history, never the file. A
// row holds the events of one message that were written together, and that of its end also the
// envelope as it ended; `transcripts` counts its octets of conversation. Of one message at most
// kTranscripts octets of conversation are kept: the older ones go.
//
// Threads: not safe; its owner locks. The folder is locked by the queue's store.
// Errors: StoreDamaged (set it aside), StoreFull, StoreNewer, StoreUnwritable. All leave what was
//   committed before.
#pragma once

#include <functional>
#include <memory>
#include <span>
#include <string>

#include "conf/result.h"
#include "queue/sqlite_connection.h"
#include "relay/history/event.h"

namespace relay::history {

class HistoryStore {
public:
    static constexpr std::size_t kTranscripts = std::size_t{100} * 1024;
    // Of a long story the ends are told.
    static constexpr int kFirstRows = 50;
    static constexpr int kLastRows = 200;

    struct Limits {
        conf::Duration keep{};     // after a message is done
        std::uint64_t octets = 0;  // on disk, journal included
        bool operator==(const Limits&) const = default;
    };

    /// Opens or creates it. A later open() with other limits: reconfigure().
    static conf::Result<std::unique_ptr<HistoryStore>> open(const std::string& data_dir,
                                                            const Limits& limits);
    /// Renames a damaged database to history.db.damaged, over an earlier one. Errors: the system's.
    static conf::Result<void> set_aside(const std::string& data_dir);
    void reconfigure(const Limits& limits);

    /// One transaction.
    conf::Result<void> write(std::span<const Event> events);
    conf::Result<Story> read(queue::MessageId id);

    /// Drops what is too old or too much, in steps of some 20 ms; true: there is more to drop.
    conf::Result<bool> tidy(conf::Instant now);
    /// Drops stories without an end whose message `is_queued` does not know: the relay was killed
    /// before their end was written. A few of those accepted before `now` - keep at each call;
    /// true: there are more to look at.
    conf::Result<bool> sweep(conf::Instant now,
                             const std::function<bool(queue::MessageId)>& is_queued);

    /// Of the file, without the journal.
    [[nodiscard]] conf::Result<std::uint64_t> octets() const;

private:
    HistoryStore(queue::SqliteConnection connection, const Limits& limits);

    int write_rows(std::span<const Event> events);
    int shorten(queue::MessageId id);
    int drop(queue::MessageId id);
    conf::Result<bool> drop_some(conf::Instant now);
    [[nodiscard]] conf::Result<std::uint64_t> used_octets() const;
    conf::Error failed(int code, std::string_view doing);

    queue::SqliteConnection connection_;
    Limits limits_;
    queue::SqliteStatement insert_;
    queue::SqliteStatement sizes_;
    queue::SqliteStatement events_;
    queue::SqliteStatement replace_;
    queue::SqliteStatement delete_;
    queue::MessageId swept_;
    std::string events_octets_, envelope_octets_;  // their memory is used again
};

}  // namespace relay::history
