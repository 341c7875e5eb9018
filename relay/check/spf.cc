#include "relay/check/spf.h"

#include <chrono>
#include <optional>
#include <utility>
#include <vector>

#include "relay/check/spf_record.h"

namespace relay::check {
namespace {

using Kind = SpfMechanism::Kind;
using Qualifier = SpfMechanism::Qualifier;
using Clock = std::chrono::steady_clock;
using Status = net::Answer::Status;

// RFC 7208 4.6.4.
constexpr int kMaxLookups = 10;
constexpr int kMaxVoidLookups = 2;
constexpr std::size_t kMaxMxNames = 10;
constexpr std::chrono::seconds kMaxTime{20};

SpfResult result_of(Qualifier qualifier) {
    switch (qualifier) {
        case Qualifier::Pass:
            return SpfResult::Pass;
        case Qualifier::Fail:
            return SpfResult::Fail;
        case Qualifier::SoftFail:
            return SpfResult::SoftFail;
        case Qualifier::Neutral:
            return SpfResult::Neutral;
    }
    return SpfResult::Neutral;
}

struct Ending {
    SpfResult result = SpfResult::None;
    std::string explanation;
};

/// Whether a mechanism matches, or the result that ends everything instead.
struct Match {
    bool matches = false;
    std::optional<Ending> ending;
};

class Evaluation {
public:
    Evaluation(net::Dns& dns, const conf::IpAddress& address)
        : dns_(dns), address_(address.unmapped()) {}

    net::Task<Ending> check_host(std::string domain);

    [[nodiscard]] const std::string& record() const { return record_; }
    [[nodiscard]] int lookups() const { return lookups_; }
    [[nodiscard]] int void_lookups() const { return void_lookups_; }

private:
    net::Task<Match> match(const SpfMechanism& mechanism, const std::string& domain);
    net::Task<Match> match_include(const SpfMechanism& mechanism);
    net::Task<Match> match_a(const SpfMechanism& mechanism, std::string target);
    net::Task<Match> match_mx(const SpfMechanism& mechanism, std::string target);
    net::Task<Ending> redirect(const DomainSpec& target, std::string domain);

    [[nodiscard]] bool covers(const std::string& rdata, const SpfMechanism& mechanism) const;
    [[nodiscard]] net::RecordType address_type() const {
        return address_.is_v4() ? net::RecordType::A : net::RecordType::Aaaa;
    }
    std::optional<Ending> count_lookup(const std::string& term);
    std::optional<Ending> judge(const net::Answer& answer, const std::string& term);
    [[nodiscard]] std::optional<Ending> out_of_time() const;

    net::Dns& dns_;
    const conf::IpAddress address_;
    const Clock::time_point end_ = Clock::now() + kMaxTime;
    std::string record_;
    bool first_ = true;
    int lookups_ = 0;
    int void_lookups_ = 0;
};

/// 4.3: a domain that is malformed, or no multi-label name, ends as "none" without a question.
bool is_checkable(const std::string& domain) {
    return net::is_askable(domain) && domain.find('.') != std::string::npos &&
           domain.front() != '[';
}

std::string without_last_dot(std::string domain) {
    if (domain.ends_with('.')) {
        domain.pop_back();
    }
    return domain;
}

std::optional<Ending> Evaluation::out_of_time() const {
    if (Clock::now() < end_) {
        return std::nullopt;
    }
    return Ending{SpfResult::TempError, "evaluation takes longer than 20 s"};
}

std::optional<Ending> Evaluation::count_lookup(const std::string& term) {
    // 4.6.4: at most 10 terms that cause DNS queries; if this limit is exceeded, "permerror".
    if (++lookups_ > kMaxLookups) {
        return Ending{SpfResult::PermError, "more than 10 terms that ask the DNS, at " + term};
    }
    return out_of_time();
}

std::optional<Ending> Evaluation::judge(const net::Answer& answer, const std::string& term) {
    if (!answer.definite()) {
        return Ending{SpfResult::TempError, answer.why + ", asked by " + term};
    }
    // 4.6.4: "void lookups" are terms for which DNS queries return either a positive answer with an
    // answer count of 0, or a "Name Error".
    if (answer.status != Status::Found && ++void_lookups_ > kMaxVoidLookups) {
        return Ending{SpfResult::PermError, "more than 2 terms that find nothing, at " + term};
    }
    return std::nullopt;
}

bool Evaluation::covers(const std::string& rdata, const SpfMechanism& mechanism) const {
    const auto found = net::decode_address(rdata);
    if (!found || found->family() != address_.family()) {
        return false;
    }
    const int prefix = address_.is_v4() ? mechanism.prefix4 : mechanism.prefix6;
    return network_of(*found, prefix).contains(address_);
}

net::Task<Ending> Evaluation::check_host(std::string domain) {
    const bool first = std::exchange(first_, false);
    domain = without_last_dot(std::move(domain));
    if (!is_checkable(domain)) {
        co_return Ending{SpfResult::None, "\"" + domain + "\" is no domain name"};
    }
    if (auto late = out_of_time()) {
        co_return *late;
    }
    // 4.4: query for type TXT; RCODE 3 and an empty answer are "none", other trouble is
    // "temperror".
    const net::Answer answer = co_await dns_.query(domain, net::RecordType::Txt);
    if (!answer.definite()) {
        co_return Ending{SpfResult::TempError, answer.why};
    }
    // 4.5: records that do not begin with a version section of exactly "v=spf1" are discarded.
    std::vector<std::string> policies;
    for (const auto& rdata : answer.rdata) {
        auto text = net::decode_txt(rdata);
        if (text && is_spf_record(*text)) {
            policies.push_back(std::move(*text));
        }
    }
    if (policies.empty()) {
        co_return Ending{SpfResult::None, domain + " publishes no SPF record"};
    }
    if (policies.size() > 1) {
        co_return Ending{SpfResult::PermError, domain + " publishes several SPF records"};
    }
    if (first) {
        record_ = policies.front();
    }
    const auto record = SpfRecord::parse(policies.front());
    if (!record) {
        co_return Ending{SpfResult::PermError,
                         "the record of " + domain + " has " + record.error().message()};
    }
    // 4.6.2: each mechanism is considered in turn from left to right.
    for (const auto& mechanism : record->mechanisms) {
        const Match found = co_await match(mechanism, domain);
        if (found.ending) {
            co_return *found.ending;
        }
        if (found.matches) {
            co_return Ending{result_of(mechanism.qualifier),
                             "\"" + mechanism.text + "\" of " + domain};
        }
    }
    // 6.1: if no mechanism matched and there is a "redirect", the result is that of the redirected
    // domain.
    if (record->redirect) {
        const Ending redirected = co_await redirect(*record->redirect, domain);
        co_return redirected;
    }
    // 4.7: no mechanism matched and no redirect: "neutral".
    co_return Ending{SpfResult::Neutral, "nothing in the record of " + domain + " matches"};
}

net::Task<Ending> Evaluation::redirect(const DomainSpec& target, std::string domain) {
    const auto term = "\"redirect=" + target.text + "\" of " + domain;
    if (auto over = count_lookup(term)) {
        co_return *over;
    }
    if (target.has_macro) {
        co_return Ending{SpfResult::NotChecked, term + " needs a macro"};
    }
    Ending ending = co_await check_host(target.text);
    if (ending.result == SpfResult::None) {
        // 6.1: if no SPF record is found, or the target-name is malformed, the result is
        // "permerror".
        ending.result = SpfResult::PermError;
    }
    co_return ending;
}

net::Task<Match> Evaluation::match(const SpfMechanism& mechanism, const std::string& domain) {
    const auto term = "\"" + mechanism.text + "\" of " + domain;
    switch (mechanism.kind) {
        case Kind::All:
            co_return Match{true, std::nullopt};
        case Kind::Ip4:
        case Kind::Ip6:
            co_return Match{mechanism.network.contains(address_), std::nullopt};
        case Kind::Include:
        case Kind::A:
        case Kind::Mx:
        case Kind::Ptr:
        case Kind::Exists:
            break;
    }
    if (auto over = count_lookup(term)) {
        co_return Match{false, std::move(over)};
    }
    if (mechanism.domain.has_macro) {
        co_return Match{false, Ending{SpfResult::NotChecked, term + " needs a macro"}};
    }
    // 4.8: without a <domain-spec>, the <target-name> is the <domain>.
    auto target = mechanism.domain.text.empty() ? domain : mechanism.domain.text;
    if (mechanism.kind == Kind::Ptr || mechanism.kind == Kind::Exists) {
        co_return Match{false, Ending{SpfResult::NotChecked, term + " is a kind not judged here"}};
    }
    Match found;
    if (mechanism.kind == Kind::Include) {
        found = co_await match_include(mechanism);
    } else if (mechanism.kind == Kind::A) {
        found = co_await match_a(mechanism, std::move(target));
    } else {
        found = co_await match_mx(mechanism, std::move(target));
    }
    co_return found;
}

net::Task<Match> Evaluation::match_include(const SpfMechanism& mechanism) {
    Ending ending = co_await check_host(mechanism.domain.text);
    // 5.2: pass matches; fail, softfail and neutral do not; temperror and permerror end; none is
    // "permerror".
    switch (ending.result) {
        case SpfResult::Pass:
            co_return Match{true, std::nullopt};
        case SpfResult::Fail:
        case SpfResult::SoftFail:
        case SpfResult::Neutral:
            co_return Match{false, std::nullopt};
        case SpfResult::None:
            ending.result = SpfResult::PermError;
            break;
        case SpfResult::TempError:
        case SpfResult::PermError:
        case SpfResult::NotChecked:
            break;
    }
    co_return Match{false, std::move(ending)};
}

net::Task<Match> Evaluation::match_a(const SpfMechanism& mechanism, std::string target) {
    // 5.3: an address lookup is done on the <target-name>; the <ip> is compared to the returned
    // addresses.
    const net::Answer answer = co_await dns_.query(std::move(target), address_type());
    if (auto ending = judge(answer, mechanism.text)) {
        co_return Match{false, std::move(ending)};
    }
    for (const auto& rdata : answer.rdata) {
        if (covers(rdata, mechanism)) {
            co_return Match{true, std::nullopt};
        }
    }
    co_return Match{};
}

net::Task<Match> Evaluation::match_mx(const SpfMechanism& mechanism, std::string target) {
    // 5.4: an MX lookup on the <target-name>, then an address lookup on each name. There is no
    // implicit MX here.
    const net::Answer answer = co_await dns_.query(std::move(target), net::RecordType::Mx);
    if (auto ending = judge(answer, mechanism.text)) {
        co_return Match{false, std::move(ending)};
    }
    // 4.6.4: more than 10 names: "permerror".
    if (answer.rdata.size() > kMaxMxNames) {
        co_return Match{false,
                        Ending{SpfResult::PermError, mechanism.text + " has more than 10 MX"}};
    }
    for (const auto& rdata : answer.rdata) {
        const auto mx = net::decode_mx(rdata);
        if (!mx || mx->host.empty()) {
            continue;
        }
        if (auto late = out_of_time()) {
            co_return Match{false, std::move(late)};
        }
        // NB: a host without an address of this family is no void lookup of its own: 4.6.4 counts
        // terms.
        const net::Answer hosts = co_await dns_.query(mx->host, address_type());
        if (!hosts.definite()) {
            co_return Match{
                false, Ending{SpfResult::TempError, hosts.why + ", asked by " + mechanism.text}};
        }
        for (const auto& address : hosts.rdata) {
            if (covers(address, mechanism)) {
                co_return Match{true, std::nullopt};
            }
        }
    }
    co_return Match{};
}

}  // namespace

std::string_view name(SpfResult result) {
    switch (result) {
        case SpfResult::None:
            return "none";
        case SpfResult::Neutral:
            return "neutral";
        case SpfResult::Pass:
            return "pass";
        case SpfResult::Fail:
            return "fail";
        case SpfResult::SoftFail:
            return "softfail";
        case SpfResult::TempError:
            return "temperror";
        case SpfResult::PermError:
            return "permerror";
        case SpfResult::NotChecked:
            return "could not check";
    }
    return "?";
}

net::Task<SpfVerdict> evaluate_spf(net::Dns& dns, conf::IpAddress address, std::string domain) {
    Evaluation evaluation(dns, address);
    Ending ending = co_await evaluation.check_host(std::move(domain));
    co_return SpfVerdict{ending.result,
                         std::move(ending.explanation),
                         evaluation.record(),
                         evaluation.lookups(),
                         evaluation.void_lookups()};
}

}  // namespace relay::check
