#include "dkim/selector.h"

#include <algorithm>
#include <cstdio>

namespace dkim {
namespace {

// RFC 3339, UTC, whole seconds
std::string date_text(conf::Instant instant) {
    const auto day = std::chrono::floor<std::chrono::days>(instant);
    const std::chrono::year_month_day date(day);
    const std::chrono::hh_mm_ss time(std::chrono::floor<std::chrono::seconds>(instant - day));
    char text[40];
    std::snprintf(text,
                  sizeof text,
                  "%04d-%02u-%02uT%02d:%02d:%02dZ",
                  static_cast<int>(date.year()),
                  static_cast<unsigned>(date.month()),
                  static_cast<unsigned>(date.day()),
                  static_cast<int>(time.hours().count()),
                  static_cast<int>(time.minutes().count()),
                  static_cast<int>(time.seconds().count()));
    return text;
}

SelectorReport report_on(const KeyRing& ring,
                         const conf::DomainName& domain,
                         const KeyRing::Entry& entry,
                         conf::Instant now) {
    SelectorReport report;
    report.domain = domain;
    report.selector = entry.selector.name;
    report.record_name = entry.selector.name + "._domainkey." + domain.text();
    if (!entry.signer) {
        report.state = SelectorState::Unusable;
        report.reason = entry.error.message();
        return report;
    }
    report.type = entry.signer->key().type();
    report.bits = entry.signer->key().bits();
    if (!entry.has_begun(now)) {
        report.state = SelectorState::Waiting;
        report.time = entry.selector.sign_from;
        return report;
    }
    if (entry.has_ended(now)) {
        report.time = entry.selector.sign_until;
    }
    const std::vector<const Signer*> signers = ring.signers(domain, now);
    if (signers.empty()) {
        report.state = SelectorState::Stopped;
    } else if (std::find(signers.begin(), signers.end(), &*entry.signer) != signers.end()) {
        report.state = SelectorState::Signing;
    } else {
        report.state = report.time ? SelectorState::Ended : SelectorState::Replaced;
    }
    return report;
}

}  // namespace

std::string_view name_of(SelectorState state) {
    switch (state) {
        case SelectorState::Signing:
            return "signing";
        case SelectorState::Waiting:
            return "waiting";
        case SelectorState::Replaced:
            return "replaced";
        case SelectorState::Ended:
            return "ended";
        case SelectorState::Stopped:
            return "stopped";
        case SelectorState::Unusable:
            return "unusable";
    }
    return {};
}

std::string_view name_of(KeyType type) {
    switch (type) {
        case KeyType::Rsa:
            return "rsa";
        case KeyType::Ed25519:
            return "ed25519";
    }
    return {};
}

std::string SelectorReport::text() const {
    const std::string name(name_of(state));
    switch (state) {
        case SelectorState::Signing:
            return time ? name + ", although its sign_until passed at " + date_text(*time) +
                              ": no other selector can"
                        : name;
        case SelectorState::Waiting:
            return time ? name + " until " + date_text(*time) : name;
        case SelectorState::Replaced:
            return name + " by a later selector";
        case SelectorState::Ended:
            return time ? name + " at " + date_text(*time) : name;
        case SelectorState::Stopped:
            return name + ": another key of the domain cannot be used";
        case SelectorState::Unusable:
            return name + ": " + reason;
    }
    return name;
}

std::vector<SelectorReport> selector_reports(const KeyRing& ring, conf::Instant now) {
    std::vector<SelectorReport> reports;
    for (const conf::DomainName& domain : ring.domains()) {
        if (ring.standing(domain, now) == KeyRing::Standing::EnvelopeOnly) {
            continue;
        }
        for (const KeyRing::Entry& entry : ring.entries(domain)) {
            reports.push_back(report_on(ring, domain, entry, now));
        }
    }
    return reports;
}

}  // namespace dkim
