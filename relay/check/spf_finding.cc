#include "relay/check/spf_finding.h"

#include <utility>

#include "dkim/key.h"
#include "relay/check/fresh_dns.h"
#include "relay/check/spf.h"

namespace relay::check {
namespace {

void judge(const SpfVerdict& verdict, Finding& finding) {
    switch (verdict.result) {
        case SpfResult::Pass:
            finding.verdict = Verdict::Pass;
            return;
        case SpfResult::Fail:
            finding.verdict = Verdict::Block;
            finding.effect = "receivers answer 550 5.7.23 or take the mail for forged";
            return;
        case SpfResult::PermError:
            finding.verdict = Verdict::Block;
            finding.effect = "receivers answer 550 5.7.24 or ignore the record: mend it first";
            return;
        case SpfResult::SoftFail:
            finding.verdict = Verdict::Warn;
            finding.effect = "receivers take the mail for suspicious";
            return;
        case SpfResult::Neutral:
        case SpfResult::None:
            finding.verdict = Verdict::Warn;
            finding.effect = "receivers learn nothing from SPF, and large ones refuse such mail";
            return;
        case SpfResult::TempError:
            finding.verdict = Verdict::Unknown;
            finding.effect = "receivers that meet this too answer 451 4.4.3";
            return;
        case SpfResult::NotChecked:
            finding.verdict = Verdict::Unknown;
            finding.effect = "receivers judge it by a term that is not judged here";
            return;
    }
}

bool can_be_mended(const SpfVerdict& verdict) {
    switch (verdict.result) {
        case SpfResult::Fail:
        case SpfResult::SoftFail:
        case SpfResult::Neutral:
            return true;
        case SpfResult::None:
            return verdict.record.empty();
        case SpfResult::Pass:
        case SpfResult::PermError:
        case SpfResult::TempError:
        case SpfResult::NotChecked:
            return false;
    }
    return false;
}

bool names_term(std::string_view record, const std::string& term) {
    for (auto at = record.find(term); at != std::string_view::npos;
         at = record.find(term, at + 1)) {
        const auto end = at + term.size();
        if (at > 0 && (record[at - 1] == ' ' || record[at - 1] == '+') &&
            (end == record.size() || record[end] == ' ')) {
            return true;
        }
    }
    return false;
}

}  // namespace

std::string spf_record_for(std::string_view record, const std::vector<conf::IpAddress>& addresses) {
    constexpr std::string_view kVersion = "v=spf1";
    std::string result(kVersion);
    for (const auto& address : addresses) {
        const auto term = (address.is_v4() ? "ip4:" : "ip6:") + address.text();
        if (!names_term(record, term)) {
            result += " " + term;
        }
    }
    // "~all" and not "-all" for a new record: others may send for this domain too.
    result += record.empty() ? std::string_view(" ~all") : record.substr(kVersion.size());
    return result;
}

net::Task<Finding> check_spf(net::Dns& dns,
                             std::string domain,
                             SpfIdentity identity,
                             conf::IpAddress address,
                             std::vector<conf::IpAddress> all) {
    FreshDns fresh(dns);
    const SpfVerdict verdict = co_await evaluate_spf(fresh, address, domain);
    Finding finding;
    finding.check = kSpf;
    finding.subject =
        domain + (identity == SpfIdentity::Helo ? " (HELO) from " : " from ") + address.text();
    finding.seen = std::string(name(verdict.result)) + ": " + verdict.explanation;
    finding.ttl = fresh.ttl();
    judge(verdict, finding);
    if (can_be_mended(verdict)) {
        finding.publish = dkim::zone_file_record(domain, spf_record_for(verdict.record, all));
    }
    co_return finding;
}

}  // namespace relay::check
