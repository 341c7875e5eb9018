#include "conf/config.h"

#include <algorithm>

namespace conf {

std::string Endpoint::text() const {
    if (is_unix()) {
        return "unix:" + path;
    }
    const std::string host = address.is_v6() ? "[" + address.text() + "]" : address.text();
    return host + ":" + std::to_string(port);
}

std::uint64_t Limits::effective_min_free_disk() const {
    constexpr std::uint64_t kLeast = std::uint64_t{128} * 1024 * 1024;
    return min_free_disk.value_or(std::max(kLeast, message_size + message_size / 2));
}

bool Delivery::allows(const IpAddress& address) const {
    if (address.is_unusable()) {
        return false;
    }
    if (allow_all_private_addresses || (!address.is_loopback() && !address.is_private())) {
        return true;
    }
    return std::any_of(allowed_private_addresses.begin(),
                       allowed_private_addresses.end(),
                       [&](const IpNetwork& network) { return network.contains(address); });
}

const Domain* Config::find_domain(const DomainName& name) const {
    const auto found = std::find_if(
        domains.begin(), domains.end(), [&](const Domain& domain) { return domain.name == name; });
    return found == domains.end() ? nullptr : &*found;
}

}  // namespace conf
