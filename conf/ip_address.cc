#include "conf/ip_address.h"

#include <algorithm>
#include <arpa/inet.h>
#include <charconv>
#include <netinet/in.h>

namespace conf {

namespace {

constexpr std::size_t kLongestText = INET6_ADDRSTRLEN - 1;

/// Whether the first `prefix` bits of both are the same.
bool same_prefix(std::string_view a, std::string_view b, int prefix) {
    const auto whole = static_cast<std::size_t>(prefix / 8);
    if (a.substr(0, whole) != b.substr(0, whole)) {
        return false;
    }
    const int rest = prefix % 8;
    if (rest == 0) {
        return true;
    }
    const unsigned mask = (0xFFU << static_cast<unsigned>(8 - rest)) & 0xFFU;
    const auto left = static_cast<unsigned char>(a[whole]);
    const auto right = static_cast<unsigned char>(b[whole]);
    return (left & mask) == (right & mask);
}

}  // namespace

IpAddress IpAddress::v4(const std::array<std::uint8_t, 4>& octets) {
    IpAddress address;
    std::copy(octets.begin(), octets.end(), address.octets_.begin());
    return address;
}

IpAddress IpAddress::v6(const std::array<std::uint8_t, 16>& octets) {
    IpAddress address;
    address.family_ = Family::V6;
    address.octets_ = octets;
    return address;
}

std::optional<IpAddress> IpAddress::parse(std::string_view text) {
    // inet_pton stops at a NUL: "127.0.0.1\0x" must not pass.
    if (text.empty() || text.size() > kLongestText || text.find('\0') != std::string_view::npos) {
        return std::nullopt;
    }
    const std::string terminated(text);
    std::array<std::uint8_t, 4> four{};
    if (inet_pton(AF_INET, terminated.c_str(), four.data()) == 1) {
        return v4(four);
    }
    std::array<std::uint8_t, 16> sixteen{};
    if (inet_pton(AF_INET6, terminated.c_str(), sixteen.data()) == 1) {
        return v6(sixteen);
    }
    return std::nullopt;
}

std::string_view IpAddress::octets() const {
    return {reinterpret_cast<const char*>(octets_.data()),
            is_v4() ? std::size_t{4} : octets_.size()};
}

std::string IpAddress::text() const {
    std::array<char, INET6_ADDRSTRLEN> buffer{};
    // RFC 5952 4: glibc writes lower case, drops leading zeros and compresses the longest run of
    // zeros, never a single one.
    inet_ntop(is_v4() ? AF_INET : AF_INET6, octets_.data(), buffer.data(), buffer.size());
    return buffer.data();
}

std::string IpAddress::reverse_name() const {
    std::string name;
    if (is_v4()) {
        // RFC 1035 3.5: the four octets in reverse order.
        for (std::size_t i = 4; i-- > 0;) {
            name += std::to_string(octets_[i]);
            name += '.';
        }
        return name + "in-addr.arpa";
    }
    // RFC 3596 2.5: one label a nibble, low-order first.
    constexpr std::string_view kHex = "0123456789abcdef";
    for (std::size_t i = octets_.size(); i-- > 0;) {
        name += kHex[octets_[i] & 0xFU];
        name += '.';
        name += kHex[octets_[i] >> 4U];
        name += '.';
    }
    return name + "ip6.arpa";
}

IpAddress IpAddress::unmapped() const {
    // RFC 4291 2.5.5.2: ::ffff:0:0/96 carries an IPv4 address in its last four octets.
    const bool zeros =
        std::all_of(octets_.begin(), octets_.begin() + 10, [](auto o) { return o == 0; });
    if (is_v4() || !zeros || octets_[10] != 0xFF || octets_[11] != 0xFF) {
        return *this;
    }
    return v4({octets_[12], octets_[13], octets_[14], octets_[15]});
}

bool IpAddress::is_loopback() const {
    const IpAddress plain = unmapped();
    if (plain.is_v4()) {
        return plain.octets_[0] == 127;  // RFC 1122 3.2.1.3 (g)
    }
    const bool zeros =
        std::all_of(octets_.begin(), octets_.begin() + 15, [](auto o) { return o == 0; });
    return zeros && octets_[15] == 1;  // RFC 4291 2.5.3
}

bool IpAddress::is_unusable() const {
    if (is_v4()) {
        return octets_[0] == 0 ||                         // RFC 1122 3.2.1.3: this network
               octets_[0] >= 224 ||                       // RFC 5771 multicast, RFC 1112 4 reserved
               (octets_[0] == 169 && octets_[1] == 254);  // RFC 3927 link-local
    }
    const bool unspecified =
        std::all_of(octets_.begin(), octets_.end(), [](auto o) { return o == 0; });
    return unspecified || octets_[0] == 0xFF ||                      // RFC 4291 2.7 multicast
           (octets_[0] == 0xFE && (octets_[1] & 0xC0U) == 0x80U) ||  // RFC 4291 2.5.6 link-local
           unmapped().is_v4();                                       // never on the wire
}

bool IpAddress::is_private() const {
    const IpAddress plain = unmapped();
    if (plain.is_v6()) {
        return (octets_[0] & 0xFEU) == 0xFCU;  // RFC 4193
    }
    const auto& o = plain.octets_;
    return o[0] == 10 || (o[0] == 172 && (o[1] & 0xF0U) == 16) || (o[0] == 192 && o[1] == 168) ||
           (o[0] == 100 && (o[1] & 0xC0U) == 64);  // RFC 1918; RFC 6598
}

std::optional<IpNetwork> IpNetwork::parse(std::string_view text) {
    const std::size_t slash = text.find('/');
    const auto base = IpAddress::parse(text.substr(0, slash));
    if (!base) {
        return std::nullopt;
    }
    const int longest = base->is_v4() ? 32 : 128;
    if (slash == std::string_view::npos) {
        return IpNetwork(*base, longest);
    }
    const std::string_view digits = text.substr(slash + 1);
    unsigned prefix = 0;  // unsigned: from_chars takes no sign then
    const auto [end, ec] = std::from_chars(digits.data(), digits.data() + digits.size(), prefix);
    if (digits.empty() || ec != std::errc{} || end != digits.data() + digits.size() ||
        prefix > static_cast<unsigned>(longest)) {
        return std::nullopt;
    }
    // RFC 4632 3.1: the bits behind the prefix are zero; "10.1.2.3/8" is more likely a slip.
    for (auto bit = static_cast<std::size_t>(prefix); bit < static_cast<std::size_t>(longest);
         ++bit) {
        const auto octet = static_cast<unsigned char>(base->octets()[bit / 8]);
        if (((octet >> (7 - bit % 8)) & 1U) != 0) {
            return std::nullopt;
        }
    }
    return IpNetwork(*base, static_cast<int>(prefix));
}

bool IpNetwork::contains(const IpAddress& address) const {
    return address.family() == base_.family() &&
           same_prefix(address.octets(), base_.octets(), prefix_);
}

std::string IpNetwork::text() const {
    const int longest = base_.is_v4() ? 32 : 128;
    return prefix_ == longest ? base_.text() : base_.text() + "/" + std::to_string(prefix_);
}

}  // namespace conf
