#include "relay/out/own_addresses.h"

#include <algorithm>
#include <cstring>
#include <ifaddrs.h>
#include <memory>
#include <netinet/in.h>
#include <sys/socket.h>

namespace relay::out {

namespace {

std::vector<conf::IpAddress> host_addresses() {
    std::vector<conf::IpAddress> result;
    ifaddrs* list = nullptr;
    if (getifaddrs(&list) != 0) {
        return result;
    }
    const std::unique_ptr<ifaddrs, decltype(&freeifaddrs)> owner(list, &freeifaddrs);
    for (const ifaddrs* entry = list; entry != nullptr; entry = entry->ifa_next) {
        if (entry->ifa_addr == nullptr) {
            continue;
        }
        if (entry->ifa_addr->sa_family == AF_INET) {
            sockaddr_in address{};
            std::memcpy(&address, entry->ifa_addr, sizeof address);
            std::array<std::uint8_t, 4> octets{};
            std::memcpy(octets.data(), &address.sin_addr, octets.size());
            result.push_back(conf::IpAddress::v4(octets));
        } else if (entry->ifa_addr->sa_family == AF_INET6) {
            sockaddr_in6 address{};
            std::memcpy(&address, entry->ifa_addr, sizeof address);
            std::array<std::uint8_t, 16> octets{};
            std::memcpy(octets.data(), &address.sin6_addr, octets.size());
            result.push_back(conf::IpAddress::v6(octets));
        }
    }
    return result;
}

bool is_wildcard(const conf::IpAddress& address) {
    const auto octets = address.octets();
    return std::all_of(octets.begin(), octets.end(), [](char c) { return c == 0; });
}

}  // namespace

OwnAddresses::OwnAddresses(const std::vector<conf::Endpoint>& listeners) {
    for (const auto& listener : listeners) {
        if (!is_wildcard(listener.address)) {
            places_.emplace(listener.address, listener.port);
            continue;
        }
        for (const auto& address : host_addresses()) {
            places_.emplace(address, listener.port);
        }
    }
}

}  // namespace relay::out
