#include "dkim/selector.h"

#include <algorithm>
#include <array>
#include <cstdio>
#include <iterator>

namespace dkim {
namespace {

using Entry = KeyRing::Entry;

constexpr std::string_view kNeverSeen = "nobody has looked at its record yet";

/// What is asked for each selector of one domain.
struct View {
    const KeyRing::DomainKeys& keys;
    const DomainLives& lives;
    const RotationRules& rules;
    Choice choice;
    conf::Instant now;
};

void report_retirement(const Life& life, const View& view, SelectorReport& report) {
    report.state = SelectorState::Retiring;
    report.since = life.signed_until ? life.signed_until : life.retired;
    if (!life.signs_from) {
        report.state = SelectorState::Removable;
        report.detail = "it never signed: its record may be removed from the DNS";
    } else if (life.left) {
        const conf::Instant end = *life.left + view.rules.retire_after;
        if (end <= view.now) {
            report.state = SelectorState::Removable;
            report.since = end;
            report.detail = "its record may be removed from the DNS";
        } else {
            report.until = end;
            report.detail = "its record is needed until " + date_text(end);
        }
    } else {
        report.detail = "its record is needed: mail that it signed may still be in the queue";
    }
    if (!report.configured) {
        report.detail += "; it is not in the configuration any more";
    }
}

void report_signing(const Entry& entry,
                    const Life* life,
                    const View& view,
                    SelectorReport& report) {
    report.state = SelectorState::Signing;
    if (life != nullptr) {
        report.since = life->signs_from;
    }
    if (view.rules.prove == conf::Prove::Warn && (life == nullptr || !life->is_proven(view.now))) {
        report.detail =
            "although it is not proven: " +
            (life == nullptr || life->seen.empty() ? std::string(kNeverSeen) : life->seen);
    } else if (entry.has_ended(view.now)) {
        report.detail = "although its sign_until passed at " +
                        date_text(*entry.selector.sign_until) + ": no other selector can";
    }
}

/// Why one that could sign does not.
std::string why_idle(const Entry& entry, const View& view) {
    if (!entry.has_begun(view.now)) {
        return "signs from " + date_text(*entry.selector.sign_from) + " on";
    }
    if (view.choice.signing.empty()) {
        return "another key of the domain cannot be used";
    }
    return entry.has_ended(view.now)
               ? "its sign_until passed at " + date_text(*entry.selector.sign_until)
               : "a later selector signs";
}

void report_life(const Entry& entry, const Life* life, const View& view, SelectorReport& report) {
    if (view.choice.fit && view.choice.contains(entry)) {
        return report_signing(entry, life, view, report);
    }
    if (life != nullptr && life->signed_until && life->left &&
        *life->left + view.rules.retire_after <= view.now) {
        return report_retirement(*life, view, report);  // whether its record is gone already or not
    }
    if (life != nullptr && life->retired) {
        report_retirement(*life, view, report);
        report.detail += "; taken out of service at " + date_text(*life->retired);
        return;
    }
    const bool looks = view.rules.prove != conf::Prove::Off;
    if (life != nullptr && looks && life->sight != Sight::Ours && life->sight != Sight::Unseen) {
        report.state = life->is_wrong() || life->signs_from ? SelectorState::Withdrawn
                                                            : SelectorState::Waiting;
        report.since = life->since;
        report.detail = life->seen;
        return;
    }
    if (life != nullptr && life->signed_until) {
        return report_retirement(*life, view, report);
    }
    if (!looks) {
        report.detail = why_idle(entry, view);
        return;
    }
    if (life == nullptr || life->sight == Sight::Unseen) {
        report.detail = kNeverSeen;
        return;
    }
    report.since = life->since;
    if (life->is_proven(view.now)) {
        report.state = SelectorState::Proven;
        report.since = life->proven_from;
        report.detail = why_idle(entry, view);
        return;
    }
    report.state = SelectorState::Waiting;
    report.until = life->proven_from;
    report.detail = life->proven_from
                        ? "its record is there; receivers may have kept its absence until " +
                              date_text(*life->proven_from)
                        : "its record is there; how long its absence is kept is not known yet";
}

SelectorReport named(const conf::DomainName& domain, const std::string& selector) {
    SelectorReport report;
    report.domain = domain;
    report.selector = selector;
    report.record_name = selector + "._domainkey." + domain.text();
    return report;
}

SelectorReport report_on(const Entry& entry, const View& view) {
    SelectorReport report = named(view.keys.name, entry.selector.name);
    if (!entry.signer) {
        report.state = SelectorState::Unusable;
        report.detail = entry.error.message();
        return report;
    }
    report.type = entry.signer->key().type();
    report.bits = entry.signer->key().bits();
    report_life(entry, find_life(view.lives, entry.selector.name, entry.key_id), view, report);
    if (report.state != SelectorState::Signing && !entry.has_begun(view.now)) {
        report.until = report.until ? std::max(*report.until, *entry.selector.sign_from)
                                    : *entry.selector.sign_from;
    }
    return report;
}

}  // namespace

std::string date_text(conf::Instant instant) {
    const auto day = std::chrono::floor<std::chrono::days>(instant);
    const std::chrono::year_month_day date(day);
    const std::chrono::hh_mm_ss time(std::chrono::floor<std::chrono::seconds>(instant - day));
    std::array<char, 40> text{};
    (void)std::snprintf(text.data(),
                        text.size(),
                        "%04d-%02u-%02uT%02d:%02d:%02dZ",
                        static_cast<int>(date.year()),
                        static_cast<unsigned>(date.month()),
                        static_cast<unsigned>(date.day()),
                        static_cast<int>(time.hours().count()),
                        static_cast<int>(time.minutes().count()),
                        static_cast<int>(time.seconds().count()));
    return text.data();
}

std::string_view name_of(SelectorState state) {
    switch (state) {
        case SelectorState::New:
            return "new";
        case SelectorState::Waiting:
            return "waiting";
        case SelectorState::Proven:
            return "proven";
        case SelectorState::Signing:
            return "signing";
        case SelectorState::Retiring:
            return "retiring";
        case SelectorState::Removable:
            return "removable";
        case SelectorState::Withdrawn:
            return "withdrawn";
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
    std::string text(name_of(state));
    if (!detail.empty()) {
        text += ": " + detail;
    }
    return since ? text + ", since " + date_text(*since) : text;
}

std::vector<SelectorReport> reports_of(const KeyRing::DomainKeys& keys,
                                       const DomainLives& lives,
                                       const RotationRules& rules,
                                       conf::Instant now) {
    std::vector<SelectorReport> reports;
    const View view{keys, lives, rules, choose(keys, lives, rules.prove, now), now};
    for (const Entry& entry : keys.entries) {
        reports.push_back(report_on(entry, view));
    }
    for (const auto& [selector, life] : lives) {
        if (keys.find(selector) == nullptr && life.signs_from) {
            SelectorReport& report = reports.emplace_back(named(keys.name, selector));
            report.configured = false;
            report_retirement(life, view, report);
        }
    }
    return reports;
}

std::vector<SelectorReport> selector_reports(const KeyRing& ring,
                                             const Lives& lives,
                                             const RotationRules& rules,
                                             conf::Instant now) {
    std::vector<SelectorReport> reports;
    const auto append = [&](const KeyRing::DomainKeys& keys) {
        auto own = reports_of(keys, lives.of(keys.name), rules, now);
        std::move(own.begin(), own.end(), std::back_inserter(reports));
    };
    for (const auto& [name, keys] : ring.domains()) {
        append(keys);
    }
    for (const auto& [name, own] : lives.all()) {
        if (!ring.domains().contains(name)) {
            KeyRing::DomainKeys gone;
            gone.name = name;
            append(gone);
        }
    }
    return reports;
}

std::string why_held(const KeyRing::DomainKeys& keys,
                     const DomainLives& lives,
                     conf::Prove prove,
                     conf::Instant now) {
    if (keys.envelope_only || !keys.sign || !keys.can_sign(now) ||
        choose(keys, lives, prove, now).fit) {
        return {};
    }
    std::string reasons;
    for (const Entry& entry : keys.entries) {
        const Life* const life = find_life(lives, entry.selector.name, entry.key_id);
        std::string reason(kNeverSeen);
        if (life != nullptr && life->retired) {
            reason = "taken out of service";
        } else if (life != nullptr && life->is_proven(now)) {
            reason = "proven, but its sign_from is still to come";
        } else if (life != nullptr && !life->seen.empty()) {
            reason = life->seen;
        }
        reasons += (reasons.empty() ? "" : "; ") + entry.selector.name + ": " + reason;
    }
    return "no selector of " + keys.name.text() + " is proven: " + reasons;
}

}  // namespace dkim
