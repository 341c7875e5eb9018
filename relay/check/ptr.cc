#include "relay/check/ptr.h"

#include <algorithm>
#include <utility>

#include "relay/check/fresh_dns.h"
#include "relay/check/zone_line.h"

namespace relay::check {
namespace {

constexpr std::size_t kMaxNames = 10;

std::string listed(const std::vector<std::string>& names) {
    std::string text;
    for (const auto& name : names) {
        text += (text.empty() ? "" : ", ") + name;
    }
    return text;
}

std::vector<std::string> names_in(const net::Answer& answer) {
    std::vector<std::string> names;
    for (const auto& rdata : answer.rdata) {
        auto name = net::decode_name(rdata);
        if (name && !name->empty() && names.size() < kMaxNames) {
            names.push_back(std::move(*name));
        }
    }
    std::sort(names.begin(), names.end());
    return names;
}

bool holds(const net::Answer& answer, const conf::IpAddress& address) {
    return std::any_of(answer.rdata.begin(), answer.rdata.end(), [&](const std::string& rdata) {
        return net::decode_address(rdata) == address;
    });
}

constexpr const char* kEffect =
    "receivers that ask for a matching reverse name answer 550 or 421, or take the mail for spam";

}  // namespace

net::Task<PtrCheck> check_ptr(net::Dns& dns, conf::IpAddress address, std::string hostname) {
    FreshDns fresh(dns);
    PtrCheck check;
    auto& finding = check.finding;
    finding.check = kPtr;
    finding.subject = address.text();
    finding.effect = kEffect;

    const net::Answer answer = co_await fresh.query(address.reverse_name(), net::RecordType::Ptr);
    finding.ttl = fresh.ttl();
    if (!answer.definite()) {
        finding.seen = answer.why;
        finding.effect = "mail is not held for what could not be looked up";
        co_return check;
    }
    const auto names = names_in(answer);
    if (names.empty()) {
        finding.verdict = Verdict::Block;
        finding.seen = answer.rdata.empty() ? "no PTR record" : "a PTR record that is no host name";
        finding.publish = ptr_line(address, hostname);
        co_return check;
    }
    std::string trouble;
    for (const auto& name : names) {
        const auto type = address.is_v4() ? net::RecordType::A : net::RecordType::Aaaa;
        const net::Answer forward = co_await fresh.query(name, type);
        if (!forward.definite()) {
            trouble = forward.why;
        } else if (holds(forward, address)) {
            check.confirmed.push_back(name);
        }
    }
    finding.ttl = fresh.ttl();
    if (!check.confirmed.empty()) {
        finding.verdict = Verdict::Pass;
        finding.seen = listed(check.confirmed) + ", which leads back to the address";
        finding.effect.clear();
    } else if (!trouble.empty()) {
        finding.seen = listed(names) + ", but " + trouble;
        finding.effect = "mail is not held for what could not be looked up";
    } else {
        finding.verdict = Verdict::Block;
        finding.seen = listed(names) + ", which does not lead back to the address";
        finding.publish = ptr_line(address, hostname) + "\n" + address_line(hostname, address);
    }
    co_return check;
}

}  // namespace relay::check
