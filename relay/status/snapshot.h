// Snapshot: what the pages show, gathered at one moment; pages are functions of it.
//
// Threads: values. take_snapshot() reads the store's oldest row and asks the file system, so it is
// called off the loops.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "conf/config.h"
#include "dkim/selector.h"
#include "relay/check/finding.h"
#include "relay/metrics.h"
#include "relay/net/resolver.h"
#include "relay/spool.h"
#include "relay/status/facts.h"

namespace relay::status {

struct Snapshot {
    conf::Instant now{};
    std::chrono::seconds uptime{0};
    std::string hostname;
    std::vector<conf::Endpoint> listeners;

    Spool::View queue;
    std::vector<Paused> paused;
    std::string latched;  // why the store has stopped for good; empty while it works
    std::uint64_t journal_octets = 0;
    std::optional<std::uint64_t> free_octets;
    std::vector<dkim::SelectorReport> selectors;
    std::vector<std::string> unproven;  // why mail of some domain is held for want of a key
    conf::CheckMode check_mode = conf::CheckMode::Off;
    std::map<std::string, std::vector<check::Finding>> findings;  // "" for the sources

    std::uint64_t min_free_disk = 0;
    std::uint64_t message_size = 0;
    std::uint64_t content_budget = 0;
    std::uint64_t receiving_octets = 0, receiving_budget = 0;
    int connections_in = 0, connections_in_limit = 0;
    int connections_out = 0, connections_out_limit = 0;
    int active_limit = 0;

    std::uint64_t messages_accepted = 0;
    std::map<std::vector<std::string>, std::uint64_t> messages_rejected;  // by code
    std::map<std::vector<std::string>, std::uint64_t> reports;            // by action
    std::map<std::vector<std::string>, std::uint64_t> messages_signed;    // by domain, selector
    std::uint64_t unsigned_sent = 0;
    std::map<std::vector<std::string>, std::uint64_t> tls_sessions;  // by direction, policy, result
    std::uint64_t delivered = 0, deferred = 0, bounced = 0, expired = 0, deleted = 0;
    Histogram::Snapshot accept_seconds, commit_seconds, commit_messages, delivery_seconds;
    net::Resolver::Counters dns;

    /// Since the oldest message in the queue was accepted.
    [[nodiscard]] std::optional<conf::Duration> oldest_age() const;
};

Snapshot take_snapshot(const Facts& facts,
                       std::vector<conf::Endpoint> listeners,
                       std::chrono::seconds uptime);

}  // namespace relay::status
