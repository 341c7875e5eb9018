// Rdata: what DNS records say, decoded from their wire form.
//
// Standards: RFC 1035 3.1 (names), 3.3 (MX, NS, PTR, SOA, TXT), RFC 2308 4 (SOA MINIMUM), RFC 3596
//   (AAAA), RFC 7505 (null MX).
// Threads: no state.
// Errors: nothing for octets that are not exactly one record of the kind.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "conf/ip_address.h"

namespace relay::net {

enum class RecordType : std::uint16_t {
    A = 1,
    Ns = 2,
    Cname = 5,
    Soa = 6,
    Ptr = 12,
    Mx = 15,
    Txt = 16,
    Aaaa = 28,
    Tlsa = 52
};

[[nodiscard]] std::string_view name(RecordType type);  // "MX"

struct MxRecord {
    std::uint16_t preference = 0;
    std::string host;  // lower case, no last dot; empty for the null MX "."
};

/// What of an SOA record is used here.
struct SoaRecord {
    std::uint32_t minimum = 0;  // seconds: with the record's own TTL it bounds negative answers
};

// Rdata decoders; nothing for malformed octets. Each is a fuzz target.
std::optional<conf::IpAddress> decode_address(std::string_view rdata);
std::optional<MxRecord> decode_mx(std::string_view rdata);
/// A name as text, lower case, no last dot; "" for the root. Compression is refused (libunbound
/// undoes it), and so are octets that would need an escape in text: such a name is no host.
std::optional<std::string> decode_name(std::string_view rdata);
/// The names in it may hold any octets: the mailbox of RNAME often has a dot in its first label.
std::optional<SoaRecord> decode_soa(std::string_view rdata);
/// All strings of one TXT record joined.
std::optional<std::string> decode_txt(std::string_view rdata);

/// True for text that can be put into a question: labels of 1 to 63 octets, 253 in all, nothing
/// that needs an escape.
[[nodiscard]] bool is_askable(std::string_view name);

}  // namespace relay::net
