#include <algorithm>

#include "conf/endpoint.h"
#include "conf/read_tables.h"
#include "conf/units.h"

namespace conf {

namespace {

using namespace std::chrono_literals;

constexpr Duration kDay = 24h;
constexpr std::size_t kLongestSchedule = 100;
constexpr std::size_t kMostServers = 16;

void read_retry(TableReader& table, std::vector<Duration>& retry) {
    std::vector<Duration> schedule;
    const bool listed = table.texts("retry",
                                    "a list of durations, like [\"1m\", \"15m\", \"1h\"]",
                                    [&](const std::string& value) -> std::string {
                                        const auto wait = parse_duration(value);
                                        if (!wait) {
                                            return wait.error().message();
                                        }
                                        if (*wait < 1s || *wait > 7 * kDay) {
                                            return "out of range: write a duration from 1s to 7d";
                                        }
                                        if (schedule.size() == kLongestSchedule) {
                                            return "more than " + std::to_string(kLongestSchedule) +
                                                   " entries: the last one repeats by itself";
                                        }
                                        schedule.push_back(*wait);
                                        return {};
                                    });
    if (!listed) {
        return;
    }
    Reading& reading = table.reading();
    const std::string path = table.path() + ".retry";
    if (!reading.has_position(path + "[0]")) {
        reading.report(reading.position(path),
                       "'retry' is empty: write at least one duration, like [\"15m\"]");
    }
    retry = std::move(schedule);
}

void read_private_addresses(TableReader& table, Delivery& delivery) {
    constexpr std::string_view kKey = "allow_private_addresses";
    constexpr std::string_view kExpected =
        "false, true or a list of networks like [\"10.0.0.0/8\"]";
    if (table.shape(kKey) != TableReader::Shape::List) {
        table.boolean(kKey, kExpected, delivery.allow_all_private_addresses);
        return;
    }
    table.texts(kKey, kExpected, [&](const std::string& value) -> std::string {
        const auto network = IpNetwork::parse(value);
        if (!network) {
            return "write an address or a network like \"10.0.0.0/8\", with no bit set behind the "
                   "prefix";
        }
        delivery.allowed_private_addresses.push_back(*network);
        return {};
    });
}

void read_servers(TableReader& table, Dns& dns) {
    constexpr std::string_view kKey = "servers";
    constexpr std::string_view kExpected =
        "\"system\" or a list of addresses like [\"127.0.0.1:53\"]";
    if (table.shape(kKey) == TableReader::Shape::Text) {
        table.text(kKey, kExpected, [&](const std::string& value) -> std::string {
            return value == "system"
                       ? ""
                       : "write \"system\", or addresses in a list like [\"127.0.0.1:53\"]";
        });
        return;
    }
    const bool listed = table.texts(kKey, kExpected, [&](const std::string& value) -> std::string {
        const auto server = parse_endpoint(value);
        if (!server) {
            return server.error().message();
        }
        if (server->is_unix() || server->port == 0) {
            return "write an address with a port from 1, like \"127.0.0.1:53\"";
        }
        if (dns.servers.size() == kMostServers) {
            return "more than " + std::to_string(kMostServers) +
                   " servers: two or three are enough";
        }
        dns.servers.push_back(*server);
        return {};
    });
    Reading& reading = table.reading();
    const std::string path = table.path() + ".servers";
    if (listed && !reading.has_position(path + "[0]")) {
        reading.report(reading.position(path),
                       "'servers' is empty: write \"system\" for those of resolv.conf");
    }
}

/// "name TYPE rdata", words apart by white space; a TTL and a class may stand between.
std::string record_fault(const std::string& line) {
    constexpr std::string_view kSpace = " \t";
    std::size_t words = 0;
    for (std::size_t at = line.find_first_not_of(kSpace); at != std::string::npos; ++words) {
        at = line.find_first_not_of(kSpace, std::min(line.find_first_of(kSpace, at), line.size()));
    }
    return words >= 3 ? ""
                      : "write name, type and data of a record, like \"example.test. MX 10 "
                        "mx.example.test.\"";
}

}  // namespace

void read_queue(TableReader& root, Config& config) {
    root.table("queue", [&](TableReader& table) {
        Queue& queue = config.queue;
        table.choice("store", queue.store, kStoreNames);
        read_retry(table, queue.retry);
        // NB: RFC 5321 4.5.4.1 says 4 to 5 days at least; shorter is for mail that is soon stale.
        table.duration("expire_after", queue.expire_after, 1s, 30 * kDay);
        table.duration("delay_warning", queue.delay_warning, 0s, 30 * kDay);
        table.duration("history", queue.history, 0s, 365 * kDay);
        table.size("history_size",
                   queue.history_size,
                   std::uint64_t{1024} * 1024,
                   std::uint64_t{1} << 40U);
        table.integer("active_messages", queue.active_messages, 1, 1'000'000);
    });
}

void read_delivery(TableReader& root, Config& config) {
    root.table("delivery", [&](TableReader& table) {
        Delivery& delivery = config.delivery;
        table.integer("port", delivery.port, 1, 65'535);
        table.choice("addresses", delivery.addresses, kAddressNames);
        table.integer("connections", delivery.connections, 1, 100'000);
        table.integer("connections_per_site", delivery.connections_per_site, 1, 10'000);
        table.integer("messages_per_connection", delivery.messages_per_connection, 1, 1'000'000);
        table.integer("recipients_per_transaction", delivery.recipients_per_transaction, 1, 10'000);
        table.integer(
            "connection_attempts_per_message", delivery.connection_attempts_per_message, 1, 100);
        table.duration("idle_timeout", delivery.idle_timeout, 0s, 10min);
        table.duration("connect_timeout", delivery.connect_timeout, 100ms, 10min);
        // NB: RFC 5321 4.5.3.2 gives our defaults as the least; shorter ones are the operator's.
        table.duration("greeting_timeout", delivery.greeting_timeout, 100ms, 1h);
        table.duration("mail_timeout", delivery.mail_timeout, 100ms, 1h);
        table.duration("rcpt_timeout", delivery.rcpt_timeout, 100ms, 1h);
        table.duration("data_timeout", delivery.data_timeout, 100ms, 1h);
        table.duration("block_timeout", delivery.block_timeout, 100ms, 1h);
        table.duration("dot_timeout", delivery.dot_timeout, 100ms, 1h);
        table.choice("tls", delivery.tls, kTlsNames);
        read_private_addresses(table, delivery);
    });
}

void read_dns(TableReader& root, Config& config) {
    root.table("dns", [&](TableReader& table) {
        Dns& dns = config.dns;
        read_servers(table, dns);
        Only anchor = Only::This;
        table.choice("trust_anchor", anchor, kTrustAnchorNames);
        table.texts("local_data",
                    "a list of records like [\"example.test. MX 10 mx.example.test.\"]",
                    [&](const std::string& value) {
                        dns.local_data.push_back(value);
                        return record_fault(value);
                    });
        table.duration("timeout", dns.timeout, 100ms, 1min);
        table.size("cache_size", dns.cache_size, std::uint64_t{64} * 1024, std::uint64_t{1} << 30U);
    });
}

}  // namespace conf
