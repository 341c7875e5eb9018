#include "relay/out/mx_resolver.h"

#include <algorithm>
#include <utility>

#include "relay/clock.h"
#include "relay/out/failure.h"

namespace relay::out {

using Status = net::Answer::Status;

namespace {

constexpr std::chrono::seconds kMinValid{5};
constexpr std::chrono::seconds kMaxValid{3600};

/// "[192.0.2.1]" or "[IPv6:2001:db8::1]" (RFC 5321 4.1.3).
std::optional<conf::IpAddress> literal_address(std::string_view domain) {
    if (domain.size() < 2 || domain.front() != '[' || domain.back() != ']') {
        return std::nullopt;
    }
    domain = domain.substr(1, domain.size() - 2);
    if (domain.size() > 5 && (domain.starts_with("IPv6:") || domain.starts_with("ipv6:"))) {
        domain.remove_prefix(5);
    }
    return conf::IpAddress::parse(domain);
}

/// One of each family in turn, so that a family that leads nowhere costs one attempt.
std::vector<conf::IpAddress> interleaved(const std::vector<conf::IpAddress>& v6,
                                         const std::vector<conf::IpAddress>& v4) {
    std::vector<conf::IpAddress> result;
    for (std::size_t i = 0; i < std::max(v6.size(), v4.size()); ++i) {
        if (i < v6.size()) {
            result.push_back(v6[i]);
        }
        if (i < v4.size()) {
            result.push_back(v4[i]);
        }
    }
    return result;
}

queue::SiteId site_of(const std::vector<Host>& hosts) {
    queue::SiteId site;
    for (const auto& host : hosts) {
        site += (site.empty() ? "" : ",") + std::to_string(host.preference) + ":" + host.name;
    }
    return site;
}

}  // namespace

MxResolver::MxResolver(net::Dns& dns,
                       Current& current,
                       std::function<bool(const conf::IpAddress&, std::uint16_t)> is_us)
    : dns_(dns), current_(current), is_us_(std::move(is_us)) {}

net::Task<MxResolver::Found> MxResolver::addresses_of(std::string host,
                                                      std::shared_ptr<const conf::Config> config) {
    Found found;
    std::vector<conf::IpAddress> v6;
    std::vector<conf::IpAddress> v4;
    const auto& delivery = config->delivery;
    for (const auto type : {net::RecordType::Aaaa, net::RecordType::A}) {
        const bool wanted = type == net::RecordType::Aaaa
                                ? delivery.addresses != conf::AddressFamilies::Ipv4
                                : delivery.addresses != conf::AddressFamilies::Ipv6;
        if (!wanted) {
            continue;
        }
        const auto answer = co_await dns_.query(host, type);
        if (!answer.definite()) {
            found.failure = answer.why;
            continue;
        }
        found.ttl = std::min(found.ttl, std::max(answer.ttl, kMinValid));
        for (const auto& rdata : answer.rdata) {
            const auto address = net::decode_address(rdata);
            if (!address || address->is_unusable()) {
                continue;
            }
            if (is_us_(*address, delivery.port)) {
                found.us = true;
                continue;
            }
            if ((address->is_private() || address->is_loopback()) && !delivery.allows(*address)) {
                found.refused = address->text();
                continue;
            }
            auto& list = address->is_v6() ? v6 : v4;
            if (list.size() < kMaxAddresses) {
                list.push_back(*address);
            }
        }
    }
    found.addresses = interleaved(v6, v4);
    co_return found;
}

net::Task<std::variant<Route, queue::Outcome>> MxResolver::resolve(std::string domain) {
    const auto config = current_.get().config;
    Route route;
    route.port = config->delivery.port;
    std::vector<Host> hosts;
    auto valid = kMaxValid;

    if (const auto literal = literal_address(domain)) {
        Host host{domain, 0, {}};
        if (literal->is_unusable()) {
            co_return no_host_address(domain);
        }
        if (is_us_(*literal, route.port)) {
            co_return points_to_us(domain);
        }
        if ((literal->is_private() || literal->is_loopback()) &&
            !config->delivery.allows(*literal)) {
            co_return only_private(domain, literal->text());
        }
        host.addresses.push_back(*literal);
        route.hosts.push_back(std::move(host));
        route.site = site_of(route.hosts);
        route.valid_until = wall_clock() + valid;
        co_return route;
    }

    const auto answer = co_await dns_.query(domain, net::RecordType::Mx);
    switch (answer.status) {
        case Status::NoDomain:
            co_return no_such_domain(domain);
        case Status::Failed:
        case Status::TimedOut:
        case Status::Bogus:
            // RFC 5321 5.1: a temporary error is no licence to fall back to the address.
            co_return dns_failed(domain, answer);
        case Status::NoData:
            // RFC 5321 5.1: an implicit MX of preference 0 pointing to the domain itself.
            hosts.push_back({domain, 0, {}});
            break;
        case Status::Found:
            for (const auto& rdata : answer.rdata) {
                const auto mx = net::decode_mx(rdata);
                // RFC 7505 3: "." alone is the null MX; among others it is ignored.
                if (mx && !mx->host.empty() && !conf::IpAddress::parse(mx->host)) {
                    hosts.push_back({mx->host, mx->preference, {}});
                } else if (mx && mx->host.empty() && answer.rdata.size() == 1) {
                    co_return null_mx(domain);
                }
            }
            break;
    }
    const bool implicit = answer.status == Status::NoData;
    valid = std::clamp(answer.ttl, kMinValid, kMaxValid);
    std::sort(hosts.begin(), hosts.end(), [](const Host& a, const Host& b) {
        return std::pair(a.preference, a.name) < std::pair(b.preference, b.name);
    });
    if (hosts.size() > kMaxHosts) {
        hosts.resize(kMaxHosts);
    }

    std::string refused;
    net::Answer failed;
    std::optional<std::uint16_t> ours;
    for (auto& host : hosts) {
        if (ours && host.preference >= *ours) {
            break;  // RFC 5321 5.1: ourselves and everything of equal or worse preference is left
                    // out
        }
        auto found = co_await addresses_of(host.name, config);
        valid = std::min(valid, found.ttl);
        if (found.us) {
            ours = host.preference;
            continue;
        }
        host.addresses = std::move(found.addresses);
        if (!host.addresses.empty()) {
            route.hosts.push_back(host);
        } else if (!found.refused.empty()) {
            refused = found.refused;
        } else if (!found.failure.empty()) {
            failed.why = found.failure;
        }
    }
    if (ours) {
        std::erase_if(route.hosts, [&](const Host& host) { return host.preference >= *ours; });
    }
    if (route.hosts.empty()) {
        if (!failed.why.empty()) {
            co_return dns_failed(domain, failed);
        }
        if (ours) {
            co_return points_to_us(domain);
        }
        if (!refused.empty()) {
            co_return only_private(domain, refused);
        }
        co_return implicit ? no_mail_host(domain) : no_host_address(domain);
    }
    route.site = site_of(route.hosts);
    route.valid_until = wall_clock() + valid;
    co_return route;
}

}  // namespace relay::out
