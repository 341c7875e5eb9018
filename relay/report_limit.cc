#include "relay/report_limit.h"

#include <algorithm>

namespace relay {

ReportLimit::Sender& ReportLimit::look_up(const std::string& sender) {
    if (const auto found = senders_.find(sender); found != senders_.end()) {
        recent_.splice(recent_.begin(), recent_, found->second.place);
        return found->second;
    }
    if (senders_.size() >= kSenders) {
        senders_.erase(recent_.back());
        recent_.pop_back();
    }
    recent_.push_front(sender);
    Sender& fresh = senders_[sender];
    fresh.place = recent_.begin();
    return fresh;
}

bool ReportLimit::admit(const std::string& sender, queue::Instant now) {
    auto& sent = look_up(sender).sent;
    sent.erase(sent.begin(), std::find_if(sent.begin(), sent.end(), [now](queue::Instant time) {
                   return time + kHour > now;
               }));
    if (sent.size() >= kAnHour) {
        return false;
    }
    sent.push_back(now);
    return true;
}

void ReportLimit::take_back(const std::string& sender) {
    const auto found = senders_.find(sender);
    if (found != senders_.end() && !found->second.sent.empty()) {
        found->second.sent.pop_back();
    }
}

queue::Instant ReportLimit::put_off(const std::string& sender, queue::Instant now) {
    constexpr queue::Duration kApart = queue::Duration(kHour) / static_cast<int>(kAnHour);
    Sender& known = look_up(sender);
    const auto room = known.sent.empty() ? now + kApart : known.sent.front() + kHour;
    known.offered = std::max(known.offered + kApart, room);
    if (known.offered > now + kHour) {
        known.offered = room;
    }
    return known.offered;
}

}  // namespace relay
