#include "relay/check/dkim_key.h"

#include <utility>

#include "relay/check/fresh_dns.h"

namespace relay::check {
namespace {

constexpr const char* kUnverified =
    "receivers cannot verify the signature, and DMARC fails where SPF does not help";

void block(Finding& finding, std::string seen) {
    finding.verdict = Verdict::Block;
    finding.seen = std::move(seen);
    finding.effect = kUnverified;
}

/// Foreign text goes to terminals and logs.
std::string printable(std::string text) {
    for (char& c : text) {
        c = c >= 0x20 && c < 0x7f ? c : '?';
    }
    return text;
}

/// All records that are there, taken for key records; the first one's fault goes to `fault`.
std::vector<dkim::PublicRecord> parsed(const std::vector<std::string>& rdata, std::string& fault) {
    std::vector<dkim::PublicRecord> records;
    for (const auto& octets : rdata) {
        const auto text = net::decode_txt(octets);
        if (!text) {
            continue;
        }
        auto record = dkim::PublicRecord::parse(*text);
        if (record) {
            records.push_back(std::move(*record));
        } else if (fault.empty()) {
            fault = printable(record.error().message());
        }
    }
    return records;
}

void report_unusable(const dkim::KeyRing& keys,
                     const conf::DomainName& domain,
                     std::vector<Finding>& findings) {
    for (const auto& entry : keys.entries(domain)) {
        if (entry.signer) {
            continue;
        }
        Finding finding;
        finding.check = kDkim;
        finding.subject = entry.selector.name + "._domainkey." + domain.text();
        finding.ttl = std::chrono::hours(24);
        finding.verdict = Verdict::Block;
        finding.seen = "the key cannot be used: " + entry.error.message();
        finding.effect = "mail of this domain is answered with 451 4.7.0";
        findings.push_back(std::move(finding));
    }
    if (findings.empty()) {
        Finding finding;
        finding.check = kDkim;
        finding.subject = domain.text();
        finding.ttl = std::chrono::minutes(1);
        finding.verdict = Verdict::Block;
        finding.seen = "no selector is in force now";
        finding.effect = "mail of this domain is answered with 451 4.7.0";
        findings.push_back(std::move(finding));
    }
}

}  // namespace

void judge_key_records(const std::vector<std::string>& rdata,
                       const dkim::PrivateKey& key,
                       Finding& finding) {
    std::string fault;
    const auto records = parsed(rdata, fault);
    if (records.empty()) {
        return block(finding, rdata.empty() ? "no record" : "no key record: " + fault);
    }
    bool equal = false;
    bool testing = false;
    for (const auto& record : records) {
        if (record.type == key.type() && record.key == key.public_octets()) {
            equal = true;
            testing = record.testing;
        }
    }
    if (!equal) {
        return block(finding,
                     records.size() == 1 && records.front().revoked()
                         ? "the record revokes the key (empty p=)"
                         : "another key than ours is published");
    }
    if (rdata.size() > 1) {
        // RFC 6376 3.6.2.2: with several records the results are undefined.
        finding.verdict = Verdict::Warn;
        finding.seen = "our key, but " + std::to_string(rdata.size()) + " records";
        finding.effect = "receivers may take any of the records: remove the others";
        return;
    }
    if (testing) {
        finding.verdict = Verdict::Info;
        finding.seen = "our key, marked as a test (t=y)";
        finding.effect = "receivers may ignore the signature: remove the flag once all works";
        return;
    }
    finding.verdict = Verdict::Pass;
    finding.seen = "our key is published";
    finding.effect.clear();
}

net::Task<std::vector<Finding>> check_dkim_keys(net::Dns& dns,
                                                std::shared_ptr<const dkim::KeyRing> keys,
                                                conf::DomainName domain,
                                                conf::Instant now) {
    std::vector<Finding> findings;
    switch (keys->standing(domain, now)) {
        case dkim::KeyRing::Standing::Unknown:
        case dkim::KeyRing::Standing::EnvelopeOnly:
            co_return findings;
        case dkim::KeyRing::Standing::KeyUnusable:
            report_unusable(*keys, domain, findings);
            co_return findings;
        case dkim::KeyRing::Standing::Signs:
            break;
    }
    for (const auto* signer : keys->signers(domain, now)) {
        FreshDns fresh(dns);
        const net::Answer answer =
            co_await fresh.query(signer->record_name(), net::RecordType::Txt);
        Finding finding;
        finding.check = kDkim;
        finding.subject = signer->record_name();
        finding.ttl = fresh.ttl();
        if (!answer.definite()) {
            finding.seen = answer.why;
            finding.effect = "mail is not held for what could not be looked up";
        } else {
            judge_key_records(answer.rdata, signer->key(), finding);
            if (finding.verdict != Verdict::Pass) {
                finding.publish =
                    dkim::zone_file_record(signer->record_name(), signer->key().record());
            }
        }
        findings.push_back(std::move(finding));
    }
    co_return findings;
}

}  // namespace relay::check
