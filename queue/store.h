// Store: the durable queue. What commit() returned success for survives a crash of process,
// kernel and power.
//
// Operation: the committer's thread alone calls commit() and claim_due(); load(), read_body(),
//   query(), recall() may be called from any other thread at any time and see the last commit.
// Concurrency: one connection writes; readers hold no transaction between calls.
// Latching: after a write or sync error other than a full disk every later call fails with
//   StoreLatched: a later sync that "succeeds" would prove nothing. After StoreFull nothing of
//   that commit is stored and later ones may succeed again.
// Limitations: a Message with chunks exists once its Insert commits; AddChunk rows without one go
//   at the next open.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "conf/result.h"
#include "queue/message.h"

namespace queue {

/// A new message. `due` unset: the scheduler has it now, and only a restart finds it in the store.
struct Insert {
    std::shared_ptr<const Message> message;
    std::optional<Instant> due;
};
/// Row `number` (from 0) of the body of message `id`, before its Insert.
struct AddChunk {
    MessageId id;
    int number = 0;
    std::string octets;
};
/// Rows of a message that was given up before its Insert.
struct DropChunks {
    MessageId id;
};
// Update, Resign and Remove of a message that is not there change nothing: somebody deleted it
// meanwhile.

/// The envelope after an attempt or an operator's command, whole. `due` as for Insert; while
/// `envelope.hold` has a reason, claim_due() leaves it out until release.
struct Update {
    std::shared_ptr<const Envelope> envelope;
    std::optional<Instant> due;
};
/// Other signatures for a waiting message; the envelope's size follows.
struct Resign {
    MessageId id;
    std::string signatures;
    std::string signed_by;
};
/// The message and its body go.
struct Remove {
    MessageId id;
};
/// A small lasting fact, kept until `expires` (unset: for ever), as far as `now` was told by
/// open(), claim_due() and tidy(). Overwrites.
struct Remember {
    std::string topic, key, value;
    std::optional<Instant> expires;
};
struct Forget {
    std::string topic, key;
};
using Change = std::variant<Insert, AddChunk, DropChunks, Update, Resign, Remove, Remember, Forget>;

/// What is in the store of one message, without a body.
struct Stored {
    Envelope envelope;
    Content content;             // `body` empty
    std::optional<Instant> due;  // unset: the scheduler has it
};

/// All conditions that are set must hold. Addresses and domains compare without regard to case.
struct Filter {
    enum class State : std::uint8_t {
        Any,
        Waiting,
        Active,
        Held
    };  // Active: the scheduler has it now

    std::optional<MessageId> id = {};
    std::string sender = {};     // whole address; "<>" for the null sender
    std::string recipient = {};  // whole address of an open recipient
    std::string domain = {};     // of an open recipient
    State state = State::Any;
    std::optional<Instant> accepted_before = {};
};

struct Page {
    std::vector<std::pair<Envelope, std::optional<Instant>>>
        messages;                    // with their due times, in order of id
    std::optional<MessageId> next;   // where to go on; unset at the end
    std::vector<MessageId> damaged;  // examined, but cannot be decoded
};

struct Totals {
    std::uint64_t waiting = 0, active = 0, held = 0;  // messages
    std::uint64_t octets = 0;                         // of all of them
    std::optional<MessageId> oldest;
};

class Store {
public:
    virtual ~Store() = default;

    /// All or nothing; durable when it returns. Errors: StoreFull, Duplicate and StoreUnwritable
    /// leave the store as it was; StoreLatched. Order is kept within the span. At most 4 MiB of
    /// payload is wise: others wait.
    virtual conf::Result<void> commit(std::span<const Change> changes) = 0;
    /// The waiting messages (never held ones) that are due, earliest first, at most `limit`; they
    /// become active: their `due` is unset in the same durable step. May give fewer than are due:
    /// what has large envelopes comes in portions, and a row that cannot be decoded is left held.
    /// No more is due when next_due() says so.
    virtual conf::Result<std::vector<Envelope>> claim_due(Instant now, std::size_t limit) = 0;
    /// The earliest due time of a waiting message that is not held.
    virtual conf::Result<std::optional<Instant>> next_due() = 0;
    /// Held messages with an id greater than `after`, at most `limit`, in order of id. Examines a
    /// bounded number of rows; those that cannot be decoded are left out.
    virtual conf::Result<std::vector<Envelope>> held(MessageId after, std::size_t limit) = 0;

    /// Errors: NotFound; Damaged when the row cannot be decoded.
    virtual conf::Result<Stored> load(MessageId id) = 0;
    /// The inline body (`number` 0 of a message without chunks) or one chunk. Errors: NotFound.
    virtual conf::Result<std::string> read_body(MessageId id, int number) = 0;
    /// One page from `from` on; examines at most 500 rows, so `messages` may be short and `next`
    /// set all the same.
    virtual conf::Result<Page> query(const Filter& filter, MessageId from) = 0;
    virtual conf::Result<Totals> totals() = 0;
    /// How many messages wait, are active or held. Cheap; any thread.
    virtual std::uint64_t messages() = 0;
    virtual conf::Result<std::map<std::string, std::string>> recall(const std::string& topic) = 0;

    /// Highest message id ever stored.
    virtual MessageId last_id() = 0;
    /// Octets of the journal that are not yet in the database.
    virtual std::uint64_t journal_octets() = 0;
    /// Octets that a new message may still take: the file system's free space and the store's own
    /// free pages.
    virtual conf::Result<std::uint64_t> free_octets() = 0;
    /// Why the store does nothing more; empty while it works. Any thread.
    virtual std::string latched() = 0;
    /// Small upkeep when idle (give pages back, drop expired facts); the committer's thread; at
    /// most some 20 ms a call.
    virtual conf::Result<void> tidy(Instant now) = 0;
};

}  // namespace queue
