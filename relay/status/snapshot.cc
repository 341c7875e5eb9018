#include "relay/status/snapshot.h"

#include <algorithm>
#include <utility>

#include "relay/clock.h"

namespace relay::status {

std::optional<conf::Duration> Snapshot::oldest_age() const {
    if (!queue.totals.oldest) {
        return std::nullopt;
    }
    // An id may run ahead of the clock.
    return std::max(conf::Duration::zero(), now - queue.totals.oldest->time());
}

Snapshot take_snapshot(const Facts& facts,
                       std::vector<conf::Endpoint> listeners,
                       std::chrono::seconds uptime) {
    const Setup setup = facts.current.get();
    const conf::Config& config = *setup.config;
    const Metrics& metrics = facts.metrics;
    Snapshot snapshot;
    snapshot.now = wall_clock();
    snapshot.uptime = uptime;
    snapshot.hostname = config.hostname.text();
    snapshot.listeners = std::move(listeners);

    snapshot.queue = facts.spool.view();
    snapshot.paused = facts.spool.pauses().get()->list();
    snapshot.latched = facts.store.latched();
    snapshot.journal_octets = facts.store.journal_octets();
    if (const auto free = facts.store.free_octets()) {
        snapshot.free_octets = *free;
    }
    snapshot.selectors =
        dkim::selector_reports(*setup.keys, *setup.lives, setup.rules(), snapshot.now);
    for (const auto& [domain, unproven] : facts.gate.unproven()) {
        snapshot.unproven.push_back(unproven.reason);
    }
    snapshot.check_mode = config.self_check.mode;
    snapshot.findings = facts.gate.findings();

    snapshot.min_free_disk = config.limits.effective_min_free_disk();
    snapshot.message_size = config.limits.message_size;
    snapshot.content_budget = config.limits.memory_for_contents();
    snapshot.receiving_octets = facts.intake.memory().used();
    snapshot.receiving_budget = config.limits.memory_for_receiving();
    snapshot.connections_in = metrics.connections_in;
    snapshot.connections_in_limit = config.limits.connections;
    snapshot.connections_out = metrics.connections_out;
    snapshot.connections_out_limit = config.delivery.connections;
    snapshot.active_limit = config.queue.active_messages;

    snapshot.messages_accepted = metrics.messages_accepted.value();
    snapshot.messages_rejected = metrics.messages_rejected.values();
    snapshot.reports = metrics.reports.values();
    snapshot.messages_signed = metrics.messages_signed.values();
    snapshot.unsigned_sent = metrics.unsigned_sent.value();
    snapshot.tls_sessions = metrics.tls_sessions.values();
    snapshot.delivered = metrics.recipients_delivered.value();
    snapshot.deferred = metrics.recipients_deferred.value();
    snapshot.bounced = metrics.recipients_bounced.value();
    snapshot.expired = metrics.recipients_expired.value();
    snapshot.deleted = metrics.recipients_deleted.value();
    snapshot.accept_seconds = metrics.accept_seconds.snapshot();
    snapshot.commit_seconds = metrics.commit_seconds.snapshot();
    snapshot.commit_messages = metrics.commit_messages.snapshot();
    snapshot.delivery_seconds = metrics.delivery_seconds.snapshot();
    snapshot.dns = facts.resolver.counters();
    return snapshot;
}

}  // namespace relay::status
