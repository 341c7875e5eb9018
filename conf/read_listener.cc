#include "conf/endpoint.h"
#include "conf/read_tables.h"
#include "conf/units.h"

namespace conf {

namespace {

using namespace std::chrono_literals;

constexpr std::uint64_t kKiB = 1024;
constexpr std::uint64_t kGiB = kKiB * 1024 * 1024;

std::string take_network(const std::string& value, IpNetwork& into) {
    const auto network = IpNetwork::parse(value);
    if (!network) {
        return "write an address or a network like \"10.1.0.0/16\", with no bit set behind the "
               "prefix";
    }
    if (network->prefix() == 0) {
        return "that is everyone, an open relay: name the networks of your own clients";
    }
    into = *network;
    return {};
}

void read_clients(TableReader& table, Listener& listener) {
    std::vector<Client> clients;
    const bool listed = table.entries(
        "clients",
        "a list of addresses and networks, like [\"127.0.0.0/8\", \"::1\"]",
        [&](const std::string& value) {
            Client client;
            std::string fault = take_network(value, client.network);
            if (fault.empty()) {
                clients.push_back(std::move(client));
            }
            return fault;
        },
        [&](TableReader& entry) {
            Client client;
            bool read = false;
            entry.require("net", "write { net = \"10.1.0.0/16\", senders = [\"example.com\"] }");
            entry.text("net", "a network like \"10.1.0.0/16\"", [&](const std::string& value) {
                std::string fault = take_network(value, client.network);
                read = fault.empty();
                return fault;
            });
            read_senders(entry, client.senders);
            if (read) {
                clients.push_back(std::move(client));
            }
        });
    if (listed) {
        listener.clients = std::move(clients);
    }
}

/// "" is no file.
void read_path(TableReader& table, std::string_view key, std::string& into) {
    table.text(key, "the path of a PEM file, or \"\"", [&](const std::string& value) {
        into = value.empty() ? "" : table.reading().absolute(value);
        return std::string();
    });
}

void read_listener(TableReader& table, Listener& listener) {
    table.text("address",
               "an address like \"127.0.0.1:2525\"",
               [&](const std::string& value) -> std::string {
                   const auto endpoint = parse_endpoint(value);
                   if (!endpoint) {
                       return endpoint.error().message();
                   }
                   if (endpoint->is_unix()) {
                       return "a listener has an address and a port, like \"127.0.0.1:2525\"";
                   }
                   listener.address = *endpoint;
                   return {};
               });
    table.choice("tls", listener.tls, kListenerTlsNames);
    read_path(table, "certificate", listener.certificate);
    read_path(table, "key", listener.key);
    read_path(table, "client_ca", listener.client_ca);
    table.choice("auth", listener.auth, kAuthNames);
    read_clients(table, listener);
    std::vector<IpNetwork> proxies;
    const auto take_proxy = [&](const std::string& value, const std::string&) {
        IpNetwork network;
        std::string fault = take_network(value, network);
        if (fault.empty()) {
            proxies.push_back(network);
        }
        return fault;
    };
    if (table.texts("proxy_protocol",
                    "a list of addresses and networks, like [\"10.0.0.5\"]",
                    take_proxy)) {
        listener.proxy_protocol = std::move(proxies);
    }
}

}  // namespace

void read_listeners(TableReader& root, Config& config) {
    root.tables("listener",
                [&](TableReader& table) { read_listener(table, config.listeners.emplace_back()); });
    if (config.listeners.empty()) {
        config.listeners.emplace_back();
    }
}

void read_limits(TableReader& root, Config& config) {
    root.table("limits", [&](TableReader& table) {
        Limits& limits = config.limits;
        // NB: RFC 5321 4.5.3.1.7 and .8 ask for 64 KiB and 100 recipients at least; less is for
        // those who send less.
        table.size("message_size", limits.message_size, kKiB, kGiB);
        table.integer("recipients", limits.recipients, 1, 100'000);
        table.integer("connections", limits.connections, 1, 100'000);
        table.integer("connections_per_client", limits.connections_per_client, 1, 100'000);
        table.integer("messages_per_connection", limits.messages_per_connection, 1, 1'000'000);
        table.integer("errors", limits.errors, 1, 1'000);
        table.size("memory", limits.memory, 4 * kKiB * kKiB, 1024 * kGiB);
        table.integer(
            "messages_per_minute_per_client", limits.messages_per_minute_per_client, 0, 1'000'000);
        table.duration("command_timeout", limits.command_timeout, 100ms, 1h);
        table.duration("data_timeout", limits.data_timeout, 100ms, 24h);
        table.text("min_free_disk",
                   "\"auto\" or a size like \"1GiB\"",
                   [&](const std::string& value) -> std::string {
                       if (value == "auto") {
                           return {};
                       }
                       const auto octets = parse_size(value);
                       if (!octets) {
                           return octets.error().message() + ", or \"auto\"";
                       }
                       limits.min_free_disk = *octets;
                       return {};
                   });
    });
}

}  // namespace conf
