#include "relay/net/zones.h"

#include <algorithm>
#include <array>
#include <utility>

namespace relay::net {
namespace {

std::string parent_of(const std::string& name) {
    const auto dot = name.find('.');
    return dot == std::string::npos ? std::string() : name.substr(dot + 1);
}

std::vector<std::string> hosts_of(const Answer& answer) {
    std::vector<std::string> hosts;
    for (const auto& rdata : answer.rdata) {
        auto host = decode_name(rdata);
        if (host && is_askable(*host) && hosts.size() < Zones::kMaxNameServers) {
            hosts.push_back(std::move(*host));
        }
    }
    return hosts;
}

std::vector<conf::IpAddress> usable_addresses(const Answer& answer) {
    std::vector<conf::IpAddress> addresses;
    for (const auto& rdata : answer.rdata) {
        const auto address = decode_address(rdata);
        if (address && !address->is_unusable()) {
            addresses.push_back(*address);
        }
    }
    return addresses;
}

}  // namespace

std::string NameServer::text() const {
    return host + " (" + address.text() + ")";
}

Task<Zone> Zones::zone_of(std::string name) {
    Zone zone;
    std::string at = name;
    for (int label = 0; label < kMaxLabels && !at.empty(); ++label) {
        const Answer soa = co_await dns_.query_fresh(at, RecordType::Soa);
        // RFC 2181 6.1: the SOA stands at the origin of its zone. That of an alias's target is
        // another's.
        if (soa.status == Answer::Status::Found && !soa.via_cname) {
            zone.name = std::move(at);
            if (const auto record = decode_soa(soa.rdata.front())) {
                zone.minimum = std::chrono::seconds(record->minimum);
            }
            zone.why.clear();
            zone.temporary = false;
            co_return zone;
        }
        if (!soa.definite() && !zone.temporary) {
            zone.temporary = true;
            zone.why = "the zone of " + name + " is not found: " + soa.why;
        }
        at = parent_of(at);
    }
    if (!zone.temporary) {
        zone.why = "no zone is known for " + name;
    }
    co_return zone;
}

Task<NameServers> Zones::servers_of(std::string zone) {
    NameServers found;
    const Answer answer = co_await dns_.query_fresh(zone, RecordType::Ns);
    if (!answer.definite()) {
        found.why = "the name servers of " + zone + " are not found: " + answer.why;
        found.temporary = true;
        co_return found;
    }
    const auto hosts = hosts_of(answer);
    if (hosts.empty()) {
        found.why = zone + " names no name servers";
        co_return found;
    }
    std::vector<std::vector<conf::IpAddress>> addresses;
    for (const auto& host : hosts) {
        auto of_host = co_await addresses_of(host);
        addresses.push_back(std::move(of_host));
    }
    std::vector<conf::IpAddress> taken;
    for (std::size_t nth = 0; nth < kMaxAddressesOfOne; ++nth) {
        for (std::size_t i = 0; i < hosts.size() && taken.size() < kMaxAddresses; ++i) {
            if (nth < addresses[i].size() &&
                std::find(taken.begin(), taken.end(), addresses[i][nth]) == taken.end()) {
                taken.push_back(addresses[i][nth]);
                found.servers.push_back(NameServer{hosts[i], addresses[i][nth]});
            }
        }
    }
    if (found.servers.empty()) {
        found.why = "no address is known of the name servers of " + zone;
        found.temporary = true;  // a zone that the resolver could read has servers somewhere
    }
    co_return found;
}

Task<std::vector<conf::IpAddress>> Zones::addresses_of(std::string host) {
    const Answer four = co_await dns_.query_fresh(host, RecordType::A);
    const Answer six = co_await dns_.query_fresh(host, RecordType::Aaaa);
    const std::array families{usable_addresses(four), usable_addresses(six)};
    // One of each family first: which of them is reachable from here is not known.
    std::vector<conf::IpAddress> addresses;
    for (std::size_t nth = 0; nth < kMaxAddressesOfOne; ++nth) {
        for (const auto& family : families) {
            if (nth < family.size() && addresses.size() < kMaxAddressesOfOne) {
                addresses.push_back(family[nth]);
            }
        }
    }
    co_return addresses;
}

Task<Alias> Zones::alias_of(std::string name) {
    Alias alias;
    const Answer answer = co_await dns_.query_fresh(name, RecordType::Cname);
    if (!answer.definite()) {
        alias.why = "whether " + name + " is an alias is not known: " + answer.why;
    } else if (answer.status == Answer::Status::Found) {
        const auto target = decode_name(answer.rdata.front());
        if (target && is_askable(*target)) {
            alias.target = *target;
        } else {
            alias.why = name + " is an alias of what is no name";
        }
    }
    co_return alias;
}

}  // namespace relay::net
