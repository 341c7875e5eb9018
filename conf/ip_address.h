// IpAddress and IpNetwork: plain values for IPv4 and IPv6 addresses and CIDR blocks.
//
// Standards: RFC 4291 (text form, by inet_pton), RFC 4632 (CIDR), RFC 5952 (printed form).
// Threads: values.
// Errors: parse functions return no value on anything that inet_pton refuses; zone ids
//   ("fe80::1%eth0") are refused.
#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace conf {

class IpAddress {
public:
    enum class Family : std::uint8_t { V4, V6 };

    IpAddress() = default;  // 0.0.0.0
    /// Network byte order.
    static IpAddress v4(const std::array<std::uint8_t, 4>& octets);
    static IpAddress v6(const std::array<std::uint8_t, 16>& octets);
    /// "192.0.2.1" or "2001:db8::1", nothing around it.
    static std::optional<IpAddress> parse(std::string_view text);

    [[nodiscard]] Family family() const { return family_; }
    [[nodiscard]] bool is_v4() const { return family_ == Family::V4; }
    [[nodiscard]] bool is_v6() const { return family_ == Family::V6; }
    /// 4 or 16 octets in network order.
    [[nodiscard]] std::string_view octets() const;
    [[nodiscard]] std::string text() const;
    /// "1.2.0.192.in-addr.arpa" or the nibble form under ip6.arpa, without the last dot.
    [[nodiscard]] std::string reverse_name() const;
    /// An IPv4 address for ::ffff:a.b.c.d, else itself: a dual-stack socket shows clients that way.
    [[nodiscard]] IpAddress unmapped() const;

    [[nodiscard]] bool is_loopback() const;
    /// Never a mail server: unspecified, multicast, link-local, v4-mapped, 0/8, 240/4 and
    /// broadcast.
    [[nodiscard]] bool is_unusable() const;
    /// RFC 1918, CGNAT (100.64/10), ULA (fc00::/7).
    [[nodiscard]] bool is_private() const;

    auto operator<=>(const IpAddress&) const = default;

private:
    Family family_ = Family::V4;
    std::array<std::uint8_t, 16> octets_{};
};

/// "192.0.2.0/24", "2001:db8::/32", or a single address. Bits behind the prefix are refused when
/// set.
class IpNetwork {
public:
    IpNetwork() = default;
    IpNetwork(IpAddress base, int prefix) : base_(base), prefix_(prefix) {}
    static std::optional<IpNetwork> parse(std::string_view text);
    /// False for an address of the other family.
    [[nodiscard]] bool contains(const IpAddress& address) const;
    [[nodiscard]] const IpAddress& base() const { return base_; }
    [[nodiscard]] int prefix() const { return prefix_; }
    [[nodiscard]] std::string text() const;
    bool operator==(const IpNetwork&) const = default;

private:
    IpAddress base_;
    int prefix_ = 32;
};

}  // namespace conf
