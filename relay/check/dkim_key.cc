#include "relay/check/dkim_key.h"

#include <optional>
#include <utility>

#include "dkim/published.h"
#include "relay/check/fresh_dns.h"
#include "relay/check/texts.h"

namespace relay::check {
namespace {

using Standing = dkim::KeyRing::Standing;

Finding block_of(std::string subject, std::chrono::seconds ttl, std::string seen) {
    Finding finding;
    finding.check = kDkim;
    finding.subject = std::move(subject);
    finding.ttl = ttl;
    finding.verdict = Verdict::Block;
    finding.seen = std::move(seen);
    finding.effect = "mail of this domain is answered with 451 4.7.0";
    return finding;
}

std::vector<Finding> unusable_keys(const dkim::KeyRing::DomainKeys& keys) {
    std::vector<Finding> findings;
    for (const auto& entry : keys.entries) {
        if (!entry.signer) {
            findings.push_back(block_of(entry.selector.name + "._domainkey." + keys.name.text(),
                                        std::chrono::hours(24),
                                        "the key cannot be used: " + entry.error.message()));
        }
    }
    if (findings.empty()) {
        findings.push_back(
            block_of(keys.name.text(), std::chrono::minutes(1), "no selector is in force now"));
    }
    return findings;
}

/// What was heard of one selector; without `published` it could not be looked up.
struct Heard {
    const dkim::KeyRing::Entry* entry;
    std::optional<dkim::Published> published;
    Finding finding;

    [[nodiscard]] bool shows_ours() const {
        return published && published->sight == dkim::Sight::Ours;
    }
};

/// All that was heard of a domain's selectors, as if nothing else were known of them.
struct Hearing {
    conf::Prove prove = conf::Prove::Required;
    dkim::Choice choice;                         // who would sign
    bool any_ours = false, any_unknown = false;  // among those that have begun
};

Hearing hearing_of(const dkim::KeyRing::DomainKeys& keys,
                   const std::vector<Heard>& heard,
                   conf::Prove prove,
                   conf::Instant now) {
    Hearing hearing;
    hearing.prove = prove;
    dkim::DomainLives lives;
    for (const auto& one : heard) {
        dkim::Life life;
        life.key = one.entry->key_id;
        if (one.published) {
            life.sight = one.published->sight;
            life.proven_from = one.shows_ours() ? std::optional(now) : std::nullopt;
        }
        lives[one.entry->selector.name] = std::move(life);
        if (one.entry->has_begun(now)) {
            hearing.any_ours = hearing.any_ours || one.shows_ours();
            hearing.any_unknown = hearing.any_unknown || !one.published;
        }
    }
    hearing.choice = dkim::choose(keys, lives, prove, now);
    return hearing;
}

/// Whether the absence of this one's record spoils mail for certain.
bool blocks(const dkim::KeyRing::Entry& entry, const Hearing& hearing, conf::Instant now) {
    if (hearing.prove == conf::Prove::Off) {
        return hearing.choice.contains(entry);
    }
    if (hearing.any_ours || hearing.any_unknown || !entry.has_begun(now)) {
        return false;  // another one signs, or may
    }
    return hearing.prove == conf::Prove::Required || hearing.choice.signing.empty() ||
           hearing.choice.contains(entry);
}

void judge(Heard& heard, const Hearing& hearing, conf::Instant now) {
    Finding& finding = heard.finding;
    if (!heard.published) {
        return;
    }
    const dkim::Signer& signer = *heard.entry->signer;
    finding.seen = heard.published->seen;
    if (heard.shows_ours()) {
        finding.verdict = heard.published->testing ? Verdict::Info : Verdict::Pass;
        if (heard.published->testing) {
            finding.effect = "receivers may ignore the signature: remove t=y once all works";
        }
    } else if (blocks(*heard.entry, hearing, now)) {
        finding.verdict = Verdict::Block;
        finding.effect =
            "receivers cannot verify the signature, and DMARC fails where SPF does not help";
    } else {
        finding.verdict = Verdict::Info;
        finding.effect = "this selector does not sign until its record is there";
    }
    if (finding.verdict != Verdict::Pass) {
        finding.publish = dkim::zone_file_record(signer.record_name(), signer.key().record());
    }
}

}  // namespace

net::Task<std::vector<Finding>> check_dkim_keys(net::Dns& dns,
                                                std::shared_ptr<const dkim::KeyRing> keys,
                                                conf::Prove prove,
                                                conf::DomainName author,
                                                conf::Instant now) {
    std::vector<Finding> findings;
    const auto standing = keys->standing(author, now);
    const auto* const own = keys->keys_of(author);
    if (standing == Standing::KeyUnusable) {
        co_return unusable_keys(*own);
    }
    if (standing != Standing::Signs) {
        co_return findings;
    }
    std::vector<Heard> heard;
    for (const auto& entry : own->entries) {
        FreshDns fresh(dns);
        const net::Answer answer =
            co_await fresh.query(entry.signer->record_name(), net::RecordType::Txt);
        Heard& one = heard.emplace_back(Heard{&entry, std::nullopt, {}});
        one.finding.check = kDkim;
        one.finding.subject = entry.signer->record_name();
        one.finding.ttl = fresh.ttl();
        if (answer.definite()) {
            one.published = dkim::judge_records(*own, entry, texts_of(answer), now);
        } else {
            one.finding.seen = answer.why;
            one.finding.effect = "mail is not held for what could not be looked up";
        }
    }
    const Hearing hearing = hearing_of(*own, heard, prove, now);
    for (auto& one : heard) {
        judge(one, hearing, now);
        findings.push_back(std::move(one.finding));
    }
    co_return findings;
}

}  // namespace relay::check
