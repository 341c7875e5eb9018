#include "relay/check/source.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cstring>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>
#include <utility>

#include "relay/check/fresh_dns.h"

namespace relay::check {
namespace {

using conf::IpAddress;

constexpr std::size_t kMaxStandIns = 10;  // addresses of one family that hostname may bring

// Any global address would do; these root servers will stay.
constexpr const char* kFarAway4 = "198.41.0.4";
constexpr const char* kFarAway6 = "2001:503:ba3e::2:30";
constexpr std::uint16_t kFarAwayPort = 53;

class Descriptor {
public:
    explicit Descriptor(int number) : number_(number) {}
    ~Descriptor() {
        if (number_ >= 0) {
            close(number_);
        }
    }
    Descriptor(const Descriptor&) = delete;
    Descriptor& operator=(const Descriptor&) = delete;
    [[nodiscard]] int number() const { return number_; }

private:
    int number_;
};

/// The address that a UDP socket gets by connecting to `to`.
template <class Address>
std::optional<Address> local_end(int family, const Address& to) {
    const Descriptor socket(::socket(family, SOCK_DGRAM | SOCK_CLOEXEC, 0));
    sockaddr_storage storage{};
    std::memcpy(&storage, &to, sizeof to);
    const auto* target = std::bit_cast<const sockaddr*>(&storage);
    if (socket.number() < 0 || connect(socket.number(), target, sizeof to) != 0) {
        return std::nullopt;
    }
    socklen_t length = sizeof storage;
    auto* own = std::bit_cast<sockaddr*>(&storage);
    if (getsockname(socket.number(), own, &length) != 0 || length < sizeof(Address)) {
        return std::nullopt;
    }
    Address mine{};
    std::memcpy(&mine, &storage, sizeof mine);
    return mine;
}

std::optional<IpAddress> routed_v4() {
    sockaddr_in to{};
    to.sin_family = AF_INET;
    to.sin_port = htons(kFarAwayPort);
    const auto far_away = IpAddress::parse(kFarAway4).value();
    std::memcpy(&to.sin_addr, far_away.octets().data(), sizeof to.sin_addr);
    const auto mine = local_end(AF_INET, to);
    if (!mine) {
        return std::nullopt;
    }
    std::array<std::uint8_t, 4> octets{};
    std::memcpy(octets.data(), &mine->sin_addr, octets.size());
    return IpAddress::v4(octets);
}

std::optional<IpAddress> routed_v6() {
    sockaddr_in6 to{};
    to.sin6_family = AF_INET6;
    to.sin6_port = htons(kFarAwayPort);
    const auto far_away = IpAddress::parse(kFarAway6).value();
    std::memcpy(&to.sin6_addr, far_away.octets().data(), sizeof to.sin6_addr);
    const auto mine = local_end(AF_INET6, to);
    if (!mine) {
        return std::nullopt;
    }
    std::array<std::uint8_t, 16> octets{};
    std::memcpy(octets.data(), &mine->sin6_addr, octets.size());
    return IpAddress::v6(octets);
}

bool seen_outside(const IpAddress& address) {
    return !address.is_private() && !address.is_loopback() && !address.is_unusable();
}

struct Family {
    net::RecordType type;
    std::optional<IpAddress> routed;
};

std::vector<Family> families_in_use(conf::AddressFamilies allowed, const RoutedAddresses& routed) {
    std::vector<Family> families;
    if (allowed != conf::AddressFamilies::Ipv6) {
        families.push_back({net::RecordType::A, routed.v4});
    }
    if (allowed != conf::AddressFamilies::Ipv4) {
        families.push_back({net::RecordType::Aaaa, routed.v6});
    }
    const auto has_way = [](const Family& family) { return family.routed.has_value(); };
    if (std::any_of(families.begin(), families.end(), has_way)) {
        std::erase_if(families, [&](const Family& family) { return !has_way(family); });
    }
    return families;
}

void explain_absence(const std::string& hostname,
                     const std::vector<Family>& families,
                     Sources& sources) {
    std::string own;
    for (const auto& family : families) {
        if (family.routed) {
            own += (own.empty() ? "" : " and ") + family.routed->text();
        }
    }
    sources.why = own.empty() ? "this machine has no way out"
                              : "this machine leaves as " + own + ", which is not seen outside";
    sources.why += ", and " + hostname + " has no address record that tells the outside address";
    sources.publish = hostname + ". IN A <the address that this machine has outside>";
}

}  // namespace

RoutedAddresses routed_addresses() {
    return {routed_v4(), routed_v6()};
}

net::Task<Sources> find_sources(net::Dns& dns,
                                std::shared_ptr<const conf::Config> config,
                                RoutedAddresses routed) {
    Sources sources;
    const auto families = families_in_use(config->delivery.addresses, routed);
    const auto& hostname = config->hostname.text();
    for (const auto& family : families) {
        if (family.routed && seen_outside(*family.routed)) {
            sources.addresses.push_back(*family.routed);
            continue;
        }
        FreshDns fresh(dns);
        const net::Answer answer = co_await fresh.query(hostname, family.type);
        sources.ttl = std::min(sources.ttl, fresh.ttl());
        if (!answer.definite()) {
            sources.definite = false;
            sources.why = answer.why;
            continue;
        }
        std::vector<IpAddress> stand_ins;
        for (const auto& rdata : answer.rdata) {
            const auto address = net::decode_address(rdata);
            if (address && seen_outside(*address) && stand_ins.size() < kMaxStandIns) {
                stand_ins.push_back(*address);
            }
        }
        std::sort(stand_ins.begin(), stand_ins.end());
        sources.addresses.insert(sources.addresses.end(), stand_ins.begin(), stand_ins.end());
    }
    if (sources.addresses.empty() && sources.definite) {
        explain_absence(hostname, families, sources);
    }
    co_return sources;
}

}  // namespace relay::check
