#include "relay/status/metrics_page.h"

#include <algorithm>
#include <array>

#include "relay/status/build.h"
#include "relay/status/delivery.h"
#include "relay/status/exposition.h"

namespace relay::status {

namespace {

void add_messages(Exposition& page, const Snapshot& snapshot) {
    page.counter("signet_messages_accepted_total", "Messages stored and answered with 250.");
    page.sample({}, snapshot.messages_accepted);
    page.counter("signet_messages_rejected_total", "Refusals of mail, by reply code.");
    for (const auto& [labels, count] : snapshot.messages_rejected) {
        page.sample({{"code", labels.at(0)}}, count);
    }
    page.counter("signet_messages_signed_total", "Signatures made, by domain and selector.");
    for (const auto& [labels, count] : snapshot.messages_signed) {
        page.sample({{"domain", labels.at(0)}, {"selector", labels.at(1)}}, count);
    }
    page.counter("signet_unsigned_sent_total",
                 "Deliveries without a signature of ours, of domains with sign = false.");
    page.sample({}, snapshot.unsigned_sent);
    page.counter("signet_reports_total", "Reports to senders (RFC 3464), by what they say.");
    for (const auto& [labels, count] : snapshot.reports) {
        page.sample({{"action", labels.at(0)}}, count);
    }
    page.counter("signet_tls_sessions_total",
                 "TLS handshakes, by what asked for them and how they ended.");
    for (const auto& [labels, count] : snapshot.tls_sessions) {
        page.sample(
            {{"direction", labels.at(0)}, {"policy", labels.at(1)}, {"result", labels.at(2)}},
            count);
    }
    page.counter("signet_recipients_total",
                 "Recipients by what became of them; each deferral counts.");
    page.sample({{"outcome", "delivered"}}, snapshot.delivered);
    page.sample({{"outcome", "deferred"}}, snapshot.deferred);
    page.sample({{"outcome", "bounced"}}, snapshot.bounced);
    page.sample({{"outcome", "expired"}}, snapshot.expired);
    page.sample({{"outcome", "deleted"}}, snapshot.deleted);
}

void add_held(Exposition& page, const Snapshot& snapshot) {
    page.gauge("signet_queue_held", "Held messages by reason.");
    std::vector<std::pair<std::string, std::uint64_t>> reasons(snapshot.queue.held.begin(),
                                                               snapshot.queue.held.end());
    std::stable_sort(reasons.begin(), reasons.end(), [](const auto& a, const auto& b) {
        return a.second > b.second;
    });
    std::uint64_t other = 0;
    for (std::size_t i = 0; i < reasons.size(); ++i) {
        if (i < kMaxHeldReasons) {
            page.sample({{"reason", reasons[i].first}}, reasons[i].second);
        } else {
            other += reasons[i].second;
        }
    }
    if (other > 0) {
        page.sample({{"reason", "other"}}, other);
    }
}

void add_queue(Exposition& page, const Snapshot& snapshot) {
    const auto& totals = snapshot.queue.totals;
    page.gauge("signet_queue_messages", "Messages that are not finished, by state.");
    page.sample({{"state", "waiting"}}, totals.waiting);
    page.sample({{"state", "active"}}, totals.active);
    page.sample({{"state", "held"}}, totals.held);
    page.gauge("signet_queue_bytes", "Octets of all messages in the queue.");
    page.sample({}, totals.octets);
    page.gauge("signet_queue_oldest_seconds", "Age of the oldest message in the queue.");
    const auto oldest = snapshot.oldest_age();
    page.sample({}, oldest ? static_cast<double>(oldest->count()) / 1000 : 0.0);
    add_held(page, snapshot);
    page.gauge("signet_store_wal_bytes", "Octets of the store's journal.");
    page.sample({}, snapshot.journal_octets);
    if (snapshot.free_octets) {
        page.gauge("signet_disk_free_bytes", "Octets that the queue may still take.");
        page.sample({}, *snapshot.free_octets);
    }
    page.gauge("signet_memory_budget_bytes", "Octets in memory, by use.");
    page.sample({{"use", "contents"}}, std::uint64_t{snapshot.queue.content_octets});
    page.sample({{"use", "receiving"}}, snapshot.receiving_octets);
    page.gauge("signet_memory_budget_limit_bytes", "Limit of the octets in memory, by use.");
    page.sample({{"use", "contents"}}, snapshot.content_budget);
    page.sample({{"use", "receiving"}}, snapshot.receiving_budget);
}

void add_work(Exposition& page, const Snapshot& snapshot) {
    page.gauge("signet_smtp_connections", "Open SMTP connections.");
    page.sample({{"direction", "in"}}, static_cast<double>(snapshot.connections_in));
    page.sample({{"direction", "out"}}, static_cast<double>(snapshot.connections_out));
    page.histogram("signet_accept_seconds",
                   "From the end of a message's data to its durable acceptance.",
                   snapshot.accept_seconds);
    page.histogram("signet_commit_seconds", "Duration of one commit.", snapshot.commit_seconds);
    page.histogram("signet_commit_messages", "Messages in one commit.", snapshot.commit_messages);
    page.histogram("signet_delivery_seconds",
                   "From acceptance to delivery of a recipient.",
                   snapshot.delivery_seconds);
    page.counter("signet_dns_lookups_total", "Questions to the DNS, by how they ended.");
    page.sample({{"result", "found"}}, snapshot.dns.found);
    page.sample({{"result", "negative"}}, snapshot.dns.negative);
    page.sample({{"result", "failed"}}, snapshot.dns.failed);
    page.sample({{"result", "timed_out"}}, snapshot.dns.timed_out);
    page.sample({{"result", "cached"}}, snapshot.dns.cached);
}

/// Ranks verdicts of one check by what a person must know first, and gives the page's number.
struct Verdict {
    int rank;
    int number;
};
Verdict verdict_of(check::Verdict verdict) {
    switch (verdict) {
        case check::Verdict::Pass:
        case check::Verdict::Info:
            return {0, 0};
        case check::Verdict::Warn:
            return {1, 1};
        case check::Verdict::Unknown:
            return {2, 3};
        case check::Verdict::Block:
            return {3, 2};
    }
    return {0, 0};
}

void add_trust(Exposition& page, const Snapshot& snapshot) {
    std::map<std::pair<std::string, std::string>, Verdict> worst;
    for (const auto& [domain, findings] : snapshot.findings) {
        // What concerns the sources is said of the name that they greet with.
        const std::string& subject = domain.empty() ? snapshot.hostname : domain;
        for (const check::Finding& finding : findings) {
            const Verdict verdict = verdict_of(finding.verdict);
            const auto [it, fresh] = worst.try_emplace({subject, finding.check}, verdict);
            if (!fresh && verdict.rank > it->second.rank) {
                it->second = verdict;
            }
        }
    }
    page.gauge("signet_self_check",
               "Worst finding of a check: 0 pass, 1 warn, 2 block, 3 unknown.");
    for (const auto& [labels, verdict] : worst) {
        page.sample({{"domain", labels.first}, {"check", labels.second}},
                    static_cast<double>(verdict.number));
    }
    using dkim::SelectorState;
    static constexpr std::array<SelectorState, 8> kStates = {SelectorState::New,
                                                             SelectorState::Waiting,
                                                             SelectorState::Proven,
                                                             SelectorState::Signing,
                                                             SelectorState::Retiring,
                                                             SelectorState::Removable,
                                                             SelectorState::Withdrawn,
                                                             SelectorState::Unusable};
    page.gauge("signet_dkim_selector", "1 for the state that a selector is in.");
    for (const dkim::SelectorReport& report : snapshot.selectors) {
        for (const SelectorState state : kStates) {
            page.sample({{"domain", report.domain.text()},
                         {"selector", report.selector},
                         {"state", dkim::name_of(state)}},
                        std::uint64_t{state == report.state ? 1U : 0U});
        }
    }
    page.gauge("signet_delivery_state", "Whether mail leaves: 0 ok, 1 degraded, 2 holding.");
    page.sample({}, static_cast<double>(judge_delivery(snapshot).state));
}

}  // namespace

std::string metrics_page(const Snapshot& snapshot) {
    Exposition page;
    add_messages(page, snapshot);
    add_queue(page, snapshot);
    add_work(page, snapshot);
    add_trust(page, snapshot);
    page.gauge("signet_build_info", "1; the labels say which Signet this is.");
    page.sample({{"version", version()}, {"build", build_type()}}, std::uint64_t{1});
    return page.take();
}

}  // namespace relay::status
