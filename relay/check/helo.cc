#include "relay/check/helo.h"

#include <algorithm>
#include <utility>

#include "relay/check/fresh_dns.h"
#include "relay/check/zone_line.h"

namespace relay::check {
namespace {

bool holds(const net::Answer& answer, const conf::IpAddress& address) {
    return std::any_of(answer.rdata.begin(), answer.rdata.end(), [&](const std::string& rdata) {
        return net::decode_address(rdata) == address;
    });
}

std::string addresses_in(const net::Answer& answer) {
    std::vector<std::string> texts;
    for (const auto& rdata : answer.rdata) {
        if (const auto address = net::decode_address(rdata)) {
            texts.push_back(address->text());
        }
    }
    std::sort(texts.begin(), texts.end());
    std::string text;
    for (std::size_t i = 0; i < std::min<std::size_t>(texts.size(), 10); ++i) {
        text += (i == 0 ? "" : ", ") + texts[i];
    }
    return text;
}

void compare_with_ptr(const std::string& hostname,
                      const conf::IpAddress& address,
                      const PtrCheck& ptr,
                      Finding& finding) {
    if (ptr.confirmed.empty() ||
        std::find(ptr.confirmed.begin(), ptr.confirmed.end(), hostname) != ptr.confirmed.end()) {
        return;
    }
    finding.verdict = Verdict::Warn;
    finding.seen += "; the address calls itself " + ptr.confirmed.front();
    finding.effect = "some receivers score a greeting that is not the reverse name";
    finding.publish = ptr_line(address, hostname);
}

}  // namespace

net::Task<Finding> check_helo(net::Dns& dns,
                              conf::IpAddress address,
                              std::string hostname,
                              PtrCheck ptr) {
    FreshDns fresh(dns);
    Finding finding;
    finding.check = kHelo;
    finding.subject = hostname + " at " + address.text();
    finding.ttl = fresh.ttl();
    if (hostname.find('.') == std::string::npos) {
        finding.verdict = Verdict::Block;
        finding.seen = "no fully qualified name";
        finding.effect = "receivers answer 504 5.5.2 to the greeting";
        co_return finding;
    }
    const auto mine = address.is_v4() ? net::RecordType::A : net::RecordType::Aaaa;
    const auto other = address.is_v4() ? net::RecordType::Aaaa : net::RecordType::A;
    const net::Answer own = co_await fresh.query(hostname, mine);
    if (holds(own, address)) {
        finding.ttl = fresh.ttl();
        finding.verdict = Verdict::Pass;
        finding.seen = "resolves to the address";
        compare_with_ptr(hostname, address, ptr, finding);
        co_return finding;
    }
    const net::Answer beside = co_await fresh.query(hostname, other);
    finding.ttl = fresh.ttl();
    const bool resolves = !own.rdata.empty() || !beside.rdata.empty();
    if (!own.definite() || (!resolves && !beside.definite())) {
        finding.seen = own.definite() ? beside.why : own.why;
        finding.effect = "mail is not held for what could not be looked up";
        co_return finding;
    }
    finding.publish = address_line(hostname, address);
    if (resolves) {
        finding.verdict = Verdict::Warn;
        finding.seen = "resolves to " + addresses_in(own.rdata.empty() ? beside : own);
        finding.effect = "some receivers score a greeting that leads elsewhere";
    } else {
        finding.verdict = Verdict::Block;
        finding.seen = "does not resolve";
        finding.effect = "many receivers answer 450 or 550 to a greeting with an unknown name";
    }
    co_return finding;
}

}  // namespace relay::check
