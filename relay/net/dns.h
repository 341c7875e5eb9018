// Dns: asking the DNS a question. The seam that tests replace; Resolver is the real one.
//
// Standards: RFC 1035, RFC 2308 (negative answers), RFC 4035 (secure, bogus), RFC 6891.
// Executor:  query() may be awaited on any loop and resumes there.
// Errors:    values: an Answer always says what happened. `Failed` and `TimedOut` and `Bogus` are temporary.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "conf/domain_name.h"
#include "conf/ip_address.h"
#include "relay/net/net.h"

namespace relay::net {

enum class RecordType : std::uint16_t { A = 1, Cname = 5, Soa = 6, Ptr = 12, Mx = 15, Txt = 16, Aaaa = 28, Tlsa = 52 };

struct Answer {
    enum class Status : std::uint8_t { Found, NoData, NoDomain, Failed, TimedOut, Bogus };

    Status status = Status::Failed;
    std::vector<std::string> rdata;   // wire form, names uncompressed; empty unless Found
    std::chrono::seconds ttl{0};      // how long this answer may be kept
    bool secure = false;              // DNSSEC-validated
    bool via_cname = false;           // the name was an alias
    std::string why;                  // for Failed, TimedOut, Bogus: "SERVFAIL for MX of example.com"

    [[nodiscard]] bool definite() const {
        return status == Status::Found || status == Status::NoData || status == Status::NoDomain;
    }
};

struct MxRecord {
    std::uint16_t preference = 0;
    std::string host;  // lower case, no last dot; empty for the null MX "."
};

// Rdata decoders; nothing for malformed octets. Each is a fuzz target.
std::optional<conf::IpAddress> decode_address(std::string_view rdata);
std::optional<MxRecord> decode_mx(std::string_view rdata);
/// A name as text, lower case, no last dot; "" for the root.
std::optional<std::string> decode_name(std::string_view rdata);
/// All strings of one TXT record joined.
std::optional<std::string> decode_txt(std::string_view rdata);

class Dns {
public:
    virtual ~Dns() = default;
    /// `name` without the last dot; looked up absolutely, no search list.
    virtual Task<Answer> query(std::string name, RecordType type) = 0;
    /// Past the cache, for the self-check.
    virtual Task<Answer> query_fresh(std::string name, RecordType type) = 0;
};

}  // namespace relay::net
