// ReportLimit: how many reports one sender gets. A script that writes to ten thousand wrong
// addresses is told so a hundred times an hour, not ten thousand times at once.
//
// At most kAnHour reports to one sender in any hour. What there is no room for stays owed:
// put_off() says when to ask again, each time later than before, so that not all come back
// together.
//
// Threads: not safe; the Spool's lock. Pure: takes `now`.
// Memory:  kSenders senders, those of the last reports, with kAnHour times each: 10 MB at most. A
//   sender that is forgotten has its room again.
#pragma once

#include <cstddef>
#include <list>
#include <string>
#include <unordered_map>
#include <vector>

#include "queue/envelope.h"

namespace relay {

class ReportLimit {
public:
    static constexpr std::size_t kAnHour = 100;
    static constexpr std::size_t kSenders = 10000;
    static constexpr std::chrono::hours kHour{1};

    /// Whether a report may go to `sender`; it is counted then.
    bool admit(const std::string& sender, queue::Instant now);
    /// The one admitted last was not made.
    void take_back(const std::string& sender);
    /// When to ask again after admit() said no: within an hour.
    queue::Instant put_off(const std::string& sender, queue::Instant now);

    [[nodiscard]] std::size_t senders() const { return senders_.size(); }

private:
    struct Sender {
        std::vector<queue::Instant> sent;  // in the last hour, oldest first
        queue::Instant offered{};          // by put_off() last
        std::list<std::string>::iterator place;
    };

    Sender& look_up(const std::string& sender);

    std::unordered_map<std::string, Sender> senders_;
    std::list<std::string> recent_;  // the one asked about last in front
};

}  // namespace relay
