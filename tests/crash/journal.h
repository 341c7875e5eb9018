// Journal: what a relay promised, and when: after how many operations of the disk each 250 was
// given, each outcome told as stored, each report. What was begun by then may have happened; what
// was told must have.
//
// A message is known by its number, which stands in its field X-Number and decides its body.
//
// Threads: safe; the const functions once nobody writes any more.
#pragma once

#include <limits>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "queue/envelope.h"
#include "tests/crash/recording_vfs.h"

namespace crash {

inline constexpr Position kNever = std::numeric_limits<Position>::max();

/// A promise that was made at `told`, and may hold already from `begun` on.
struct Promise {
    Position begun = kNever;
    Position told = kNever;

    [[nodiscard]] bool may_hold(Position cut) const { return begun < cut || told <= cut; }
    [[nodiscard]] bool must_hold(Position cut) const { return told <= cut; }
};

struct PromisedRecipient {
    std::string address;
    queue::Notify notify;
    std::vector<Promise> attempts;  // that are counted
    Promise delivered;              // never sent again; a report of it may still be owed
    Promise closed;                 // not open any more
};

struct PromisedMessage {
    int number = 0;
    std::optional<queue::MessageId> id;  // a report's is known once it is on its way
    std::string sender;                  // empty: the null sender
    std::size_t body = 0;                // octets
    std::vector<PromisedRecipient> recipients;
    Promise accepted;
    Promise removed;  // by a person
    // Of a report: on whom.
    int original = 0;
    std::vector<int> positions;
};

struct PromisedFact {
    std::optional<std::string> value;  // none: forgotten
    Promise promise;
};

class Journal {
public:
    explicit Journal(const Recording& recording) : recording_(recording) {}
    Journal(const Journal&) = delete;
    Journal& operator=(const Journal&) = delete;

    int next_number();
    /// Begun now, unless `message` says otherwise. Wrong where its id was given before.
    void offer(PromisedMessage message);
    void accepted(int number);
    void accepted(queue::MessageId id);
    /// The number of the message `id`, whose field X-Number says `number`.
    void identify(queue::MessageId id, int number);
    [[nodiscard]] int number_of(queue::MessageId id) const;

    struct Ending {
        int position = 0;
        enum class Kind { Deferred, Failed, Closed, DeliveredReportOwed } kind = Kind::Deferred;
    };
    /// An attempt's outcomes are about to be settled; and are stored.
    void settling(int number, const std::vector<Ending>& endings);
    void settled(int number, const std::vector<Ending>& endings);
    /// Recipients that a report will close, about to be and stored.
    void reporting(PromisedMessage report);
    void reported(int number);
    /// A report on message `number` is being stored: outcomes that come meanwhile are stored after
    /// it.
    [[nodiscard]] bool is_reported_on(int number) const;
    void removing(int number);
    void removed(int number);

    void remembering(const std::string& key, std::optional<std::string> value);
    void remembered(const std::string& key);

    /// What went wrong while the relay ran: it was refused something on a disk that works.
    void wrong(std::string what);

    [[nodiscard]] PromisedMessage message(int number) const;
    [[nodiscard]] std::vector<int> accepted_numbers() const;

    // Once it is over.
    [[nodiscard]] const std::map<int, PromisedMessage>& messages() const { return messages_; }
    [[nodiscard]] const std::map<std::string, std::vector<PromisedFact>>& facts() const {
        return facts_;
    }
    [[nodiscard]] const std::vector<std::string>& complaints() const { return complaints_; }

    static constexpr std::string_view kTopic = "selector";

private:
    const Recording& recording_;
    mutable std::mutex mutex_;
    int last_ = 0;
    std::map<int, PromisedMessage> messages_;
    std::map<int, int> under_way_;  // reports by what they are on
    std::unordered_map<queue::MessageId, int> numbers_;
    std::map<std::string, std::vector<PromisedFact>> facts_;
    std::vector<std::string> complaints_;
};

/// The body of message `number`, in lines.
std::string body_of(int number, std::size_t octets);
/// The value of `field` in `header`, or nothing.
std::optional<std::string> field_of(std::string_view header, std::string_view field);

}  // namespace crash
