// SpfRecord: a published SPF policy, parsed; nothing is asked and nothing is expanded here.
//
// Standards: RFC 7208 4.5 (which record counts), 4.6 (terms), 5 (mechanisms), 6 (modifiers), 7.1
// (macro syntax), 12 (grammar). Threads:   values. Errors:    parse() tells the first term that
// breaks the grammar; RFC 7208 4.6 makes that "permerror" whatever stands before it.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "conf/ip_address.h"
#include "conf/result.h"

namespace relay::check {

/// RFC 7208 4.5: true for a TXT record whose version section is exactly "v=spf1".
[[nodiscard]] bool is_spf_record(std::string_view text);

/// The block of `prefix` leading bits around `address`; the other bits are cleared.
conf::IpNetwork network_of(const conf::IpAddress& address, int prefix);

/// A <domain-spec> as it was written.
struct DomainSpec {
    std::string text;        // without the last dot; empty: the domain that is checked
    bool has_macro = false;  // contains '%'

    bool operator==(const DomainSpec&) const = default;
};

struct SpfMechanism {
    enum class Kind { All, Include, A, Mx, Ptr, Ip4, Ip6, Exists };
    enum class Qualifier { Pass, Fail, SoftFail, Neutral };

    Kind kind = Kind::All;
    Qualifier qualifier = Qualifier::Pass;
    DomainSpec domain;
    conf::IpNetwork network;  // for Ip4 and Ip6; bits behind the prefix are cleared
    int prefix4 = 32;         // for A and Mx
    int prefix6 = 128;
    std::string text;  // the whole term: "-ip4:192.0.2.0/24"
};

struct SpfRecord {
    std::vector<SpfMechanism> mechanisms;
    std::optional<DomainSpec> redirect;
    std::optional<DomainSpec> explanation;  // exp=

    /// `text` is a record for which is_spf_record() holds.
    static conf::Result<SpfRecord> parse(std::string_view text);
};

}  // namespace relay::check
