// Dns: asking the DNS a question. The seam that tests replace; Resolver is the real one.
//
// Standards: RFC 1035, RFC 2308 (negative answers), RFC 4035 (secure, bogus), RFC 6891.
// Executor: query() may be awaited on any loop and resumes there.
// Errors: values: an Answer always says what happened. `Failed` and `TimedOut` and `Bogus` are
//   temporary.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

#include "relay/net/net.h"
#include "relay/net/rdata.h"

namespace relay::net {

struct Answer {
    enum class Status : std::uint8_t { Found, NoData, NoDomain, Failed, TimedOut, Bogus };

    Status status = Status::Failed;
    std::vector<std::string> rdata;  // wire form, names uncompressed; empty unless Found
    std::chrono::seconds ttl{0};     // how long this answer may be kept; 0: nothing says
    bool secure = false;             // DNSSEC-validated
    bool via_cname = false;          // the name was an alias
    std::string why;  // for Failed, TimedOut, Bogus: "SERVFAIL for MX of example.com"

    [[nodiscard]] bool definite() const {
        return status == Status::Found || status == Status::NoData || status == Status::NoDomain;
    }
};

class Dns {
public:
    Dns() = default;
    Dns(const Dns&) = delete;
    Dns& operator=(const Dns&) = delete;
    virtual ~Dns() = default;
    /// `name` without the last dot; looked up absolutely, no search list. A name that no question
    /// can hold (is_askable) does not exist.
    virtual Task<Answer> query(std::string name, RecordType type) = 0;
    /// Past the cache, for the self-check.
    virtual Task<Answer> query_fresh(std::string name, RecordType type) = 0;
};

}  // namespace relay::net
