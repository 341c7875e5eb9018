// DnsCache: answers kept for as long as their TTL says, the least recently used leave first.
//
// Lifetimes: found MX, A and AAAA at least 30 s (delivery asks for them again and again), found
//   others as their TTL says, all at most a day. Negative answers as the SOA says, 5 s at least
//   and 3 h at most. Failures 5 s, so that a burst of mail asks once; a failure never replaces a
//   definite answer that is still good.
//
// Standards: RFC 2308 5 and 7 (negative answers and server failures), RFC 2181 8 (TTL).
// Threads: not safe; owned by Resolver, under its lock.
// Errors: none.
#pragma once

#include <chrono>
#include <cstdint>
#include <list>
#include <optional>
#include <string>
#include <unordered_map>

#include "relay/net/dns.h"

namespace relay::net {

class DnsCache {
public:
    using Clock = std::chrono::steady_clock;

    /// `octets` bounds what is kept, with the cost of keeping it; 0 keeps nothing.
    explicit DnsCache(std::uint64_t octets) : limit_(octets) {}

    /// `key` names question and type (dns_key). The answer's ttl is what is left of it, rounded up.
    std::optional<Answer> find(const std::string& key, Clock::time_point now);
    /// Keeps `answer` for lifetime(type, answer).
    void store(const std::string& key,
               RecordType type,
               const Answer& answer,
               Clock::time_point now);

    /// How long an answer may be kept; 0 for not at all.
    static std::chrono::seconds lifetime(RecordType type, const Answer& answer);

    [[nodiscard]] std::size_t size() const { return entries_.size(); }
    [[nodiscard]] std::uint64_t octets() const { return octets_; }

private:
    struct Entry {
        std::string key;
        Answer answer;
        Clock::time_point expires;
        std::uint64_t cost = 0;
    };
    using Entries = std::list<Entry>;  // most recently used first

    void drop(Entries::iterator entry);

    std::uint64_t limit_;
    std::uint64_t octets_ = 0;
    Entries entries_;
    std::unordered_map<std::string, Entries::iterator> index_;
};

/// The key of a question; `name` lower case, no last dot.
std::string dns_key(const std::string& name, RecordType type);

}  // namespace relay::net
