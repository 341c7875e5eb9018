#include "conf/endpoint.h"
#include "conf/read_tables.h"

namespace conf {

namespace {

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
    table.choice("bare_newline", listener.bare_newline, kBareNewlineNames);
}

}  // namespace

void read_listeners(TableReader& root, Config& config) {
    root.tables("listener",
                [&](TableReader& table) { read_listener(table, config.listeners.emplace_back()); });
    if (config.listeners.empty()) {
        config.listeners.emplace_back();
    }
}

}  // namespace conf
