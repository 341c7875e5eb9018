#include "relay/net/dns_cache.h"

#include <algorithm>

namespace relay::net {
namespace {

using std::chrono::seconds;

constexpr seconds kAddressFloor{30};
constexpr seconds kCap = std::chrono::hours(24);
constexpr seconds kNegativeFloor{5};
constexpr seconds kNegativeCap = std::chrono::hours(3);  // RFC 2308 5: one to three hours work well
constexpr seconds kFailure{5};  // RFC 2308 7.1: no longer than five minutes

/// What an entry costs besides its strings: list node, index node, heap headers.
constexpr std::uint64_t kEntryCost = 320;
constexpr std::uint64_t kRecordCost = 48;

std::uint64_t cost_of(const std::string& key, const Answer& answer) {
    std::uint64_t cost = kEntryCost + 2 * key.size() + answer.why.size();
    for (const auto& record : answer.rdata) {
        cost += kRecordCost + record.size();
    }
    return cost;
}

}  // namespace

std::string dns_key(const std::string& name, RecordType type) {
    const auto number = static_cast<std::uint16_t>(type);
    std::string key;
    key.reserve(name.size() + 2);
    key.push_back(static_cast<char>(number >> 8));
    key.push_back(static_cast<char>(number & 0xff));
    key += name;
    return key;
}

seconds DnsCache::lifetime(RecordType type, const Answer& answer) {
    switch (answer.status) {
        case Answer::Status::Found:
            switch (type) {
                case RecordType::A:
                case RecordType::Aaaa:
                case RecordType::Mx:
                    return std::clamp(answer.ttl, kAddressFloor, kCap);
                case RecordType::Ns:
                case RecordType::Cname:
                case RecordType::Soa:
                case RecordType::Ptr:
                case RecordType::Txt:
                case RecordType::Tlsa:
                    return std::clamp(answer.ttl, seconds(0), kCap);
            }
            return seconds(0);
        case Answer::Status::NoData:
        case Answer::Status::NoDomain:
            return std::clamp(answer.ttl, kNegativeFloor, kNegativeCap);
        case Answer::Status::Failed:
        case Answer::Status::TimedOut:
        case Answer::Status::Bogus:
            return kFailure;
    }
    return seconds(0);
}

std::optional<Answer> DnsCache::find(const std::string& key, Clock::time_point now) {
    const auto found = index_.find(key);
    if (found == index_.end()) {
        return std::nullopt;
    }
    const auto entry = found->second;
    if (entry->expires <= now) {
        drop(entry);
        return std::nullopt;
    }
    entries_.splice(entries_.begin(), entries_, entry);
    Answer answer = entry->answer;
    answer.ttl = std::chrono::ceil<seconds>(entry->expires - now);
    return answer;
}

void DnsCache::store(const std::string& key,
                     RecordType type,
                     const Answer& answer,
                     Clock::time_point now) {
    const auto found = index_.find(key);
    if (found != index_.end()) {
        const auto& kept = *found->second;
        if (!answer.definite() && kept.answer.definite() && kept.expires > now) {
            return;
        }
        drop(found->second);
    }
    const auto keep = lifetime(type, answer);
    const auto cost = cost_of(key, answer);
    if (keep <= seconds(0) || cost > limit_) {
        return;
    }
    while (octets_ + cost > limit_) {
        drop(std::prev(entries_.end()));
    }
    entries_.push_front(Entry{key, answer, now + keep, cost});
    index_.emplace(key, entries_.begin());
    octets_ += cost;
}

void DnsCache::drop(Entries::iterator entry) {
    octets_ -= entry->cost;
    index_.erase(entry->key);
    entries_.erase(entry);
}

}  // namespace relay::net
