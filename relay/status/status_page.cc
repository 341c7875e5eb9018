#include "relay/status/status_page.h"

#include <algorithm>

#include <nlohmann/json.hpp>

#include "conf/names.h"
#include "relay/status/build.h"
#include "relay/status/delivery.h"
#include "relay/status/selectors_json.h"
#include "relay/status/time_text.h"

namespace relay::status {

namespace {

using nlohmann::ordered_json;

std::string page_text(const ordered_json& json) {
    return json.dump(1, ' ', false, ordered_json::error_handler_t::replace) + "\n";
}

ordered_json totals_json(const queue::Totals& totals, std::optional<conf::Duration> oldest) {
    ordered_json json;
    json["waiting"] = totals.waiting;
    json["active"] = totals.active;
    json["held"] = totals.held;
    json["octets"] = totals.octets;
    json["oldest_seconds"] = oldest ? ordered_json(oldest->count() / 1000) : ordered_json();
    return json;
}

ordered_json use(std::uint64_t used, std::uint64_t limit) {
    return {{"use", used}, {"limit", limit}};
}

ordered_json sites_json(std::vector<Spool::SiteView> sites) {
    std::sort(sites.begin(), sites.end(), [](const auto& a, const auto& b) {
        return std::tuple(b.waiting, b.connections, a.site) <
               std::tuple(a.waiting, a.connections, b.site);
    });
    ordered_json json = ordered_json::array();
    for (const Spool::SiteView& site : sites) {
        if (json.size() == kMaxSites) {
            break;
        }
        json.push_back({{"site", site.site},
                        {"waiting", site.waiting},
                        {"connections", site.connections},
                        {"limit", site.limit}});
    }
    return json;
}

ordered_json findings_json(const Snapshot& snapshot) {
    ordered_json json = ordered_json::array();
    for (const auto& [domain, findings] : snapshot.findings) {
        for (const check::Finding& finding : findings) {
            ordered_json entry;
            entry["domain"] = domain;
            entry["check"] = finding.check;
            entry["subject"] = finding.subject;
            entry["verdict"] = check::name(finding.verdict);
            entry["seen"] = finding.seen;
            entry["effect"] = finding.effect;
            entry["publish"] = finding.publish;
            entry["ttl_seconds"] = finding.ttl.count();
            json.push_back(std::move(entry));
        }
    }
    return json;
}

}  // namespace

std::string status_page(const Snapshot& snapshot, Reader reader) {
    const Delivery delivery = judge_delivery(snapshot);
    ordered_json page;
    page["version"] = version();
    page["time"] = time_text(snapshot.now);
    page["uptime_seconds"] = snapshot.uptime.count();
    page["hostname"] = snapshot.hostname;
    page["listeners"] = ordered_json::array();
    for (const conf::Endpoint& listener : snapshot.listeners) {
        page["listeners"].push_back(listener.text());
    }
    page["delivery"] = {{"state", name_of(delivery.state)}, {"reasons", delivery.reasons}};
    page["queue"] = totals_json(snapshot.queue.totals, snapshot.oldest_age());
    page["queue"]["held_by_reason"] = ordered_json::object();
    for (const auto& [reason, count] : snapshot.queue.held) {
        page["queue"]["held_by_reason"][reason] = count;
    }
    page["paused"] = pauses_json(snapshot.paused, reader);
    page["sites"] = sites_json(snapshot.queue.sites);
    page["sites_in_all"] = snapshot.queue.sites.size();
    page["selectors"] = selectors_json(snapshot.selectors);
    page["self_check"] = {{"mode", conf::name_of(conf::kCheckModeNames, snapshot.check_mode)},
                          {"findings", findings_json(snapshot)}};
    ordered_json limits;
    limits["connections_in"] = use(static_cast<std::uint64_t>(snapshot.connections_in),
                                   static_cast<std::uint64_t>(snapshot.connections_in_limit));
    limits["connections_out"] = use(static_cast<std::uint64_t>(snapshot.connections_out),
                                    static_cast<std::uint64_t>(snapshot.connections_out_limit));
    limits["active_messages"] =
        use(snapshot.queue.in_memory, static_cast<std::uint64_t>(snapshot.active_limit));
    limits["memory_contents_octets"] = use(snapshot.queue.content_octets, snapshot.content_budget);
    limits["memory_receiving_octets"] = use(snapshot.receiving_octets, snapshot.receiving_budget);
    limits["message_size_octets"] = snapshot.message_size;
    limits["disk_free_octets"] =
        snapshot.free_octets ? ordered_json(*snapshot.free_octets) : ordered_json();
    limits["min_free_disk_octets"] = snapshot.min_free_disk;
    limits["wal_octets"] = snapshot.journal_octets;
    page["limits"] = std::move(limits);
    return page_text(page);
}

std::string queue_summary(const queue::Totals& totals,
                          const std::vector<Paused>& paused,
                          conf::Instant now) {
    std::optional<conf::Duration> oldest;
    if (totals.oldest) {
        oldest = std::max(conf::Duration::zero(), now - totals.oldest->time());
    }
    ordered_json json = totals_json(totals, oldest);
    json["paused"] = pauses_json(paused, Reader::Operator);
    return page_text(json);
}

}  // namespace relay::status
