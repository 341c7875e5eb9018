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

bool Senders::allow(std::string_view local_part, std::string_view domain) const {
    if (any) {
        return true;
    }
    const auto name = DomainName::parse(domain);
    if (!name) {
        return false;
    }
    // RFC 5321 2.4: only the domain's own host may say that local parts are alike.
    return std::find(domains.begin(), domains.end(), *name) != domains.end() ||
           std::any_of(mailboxes.begin(), mailboxes.end(), [&](const Mailbox& mailbox) {
               return mailbox.local == local_part && mailbox.domain == *name;
           });
}

const Client* Listener::find_client(const IpAddress& client) const {
    const Client* found = nullptr;
    for (const Client& entry : clients) {
        if (entry.network.contains(client) &&
            (found == nullptr || entry.network.prefix() > found->network.prefix())) {
            found = &entry;
        }
    }
    return found;
}

std::size_t Limits::memory_for_contents() const {
    constexpr std::uint64_t kMost = std::uint64_t{64} * 1024 * 1024;
    return static_cast<std::size_t>(std::min(memory / 4, kMost));
}

std::size_t Limits::memory_for_receiving() const {
    return static_cast<std::size_t>(memory) - memory_for_contents();
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

const User* Config::find_user(std::string_view name) const {
    const auto found = std::find_if(
        users.begin(), users.end(), [&](const User& entry) { return entry.name == name; });
    return found == users.end() ? nullptr : &*found;
}

const Domain* Config::find_domain(const DomainName& name) const {
    const auto found = std::find_if(
        domains.begin(), domains.end(), [&](const Domain& domain) { return domain.name == name; });
    return found == domains.end() ? nullptr : &*found;
}

const Domain* Config::domain_of(const DomainName& name) const {
    const Domain* nearest = find_domain(name);
    if (nearest != nullptr) {
        return nearest;
    }
    for (const Domain& domain : domains) {
        if (domain.subdomains && name.is_within(domain.name) &&
            (nearest == nullptr || domain.name.is_within(nearest->name))) {
            nearest = &domain;
        }
    }
    return nearest;
}

}  // namespace conf
