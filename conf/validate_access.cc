#include <algorithm>
#include <set>

#include "conf/validate.h"

namespace conf {

namespace {

/// AUTH is never offered in the clear, except where nobody can listen in.
bool offers_auth(const Listener& listener) {
    return listener.auth != Auth::Off &&
           (listener.tls != ListenerTls::None || listener.address.address.is_loopback());
}

/// A certificate without TLS is most likely a forgotten `tls`.
void validate_tls(const Listener& listener, const std::string& path, Reading& reading) {
    if (reading.has_problem(path + ".tls")) {
        return;
    }
    struct File {
        std::string key;
        bool set;
        bool required;
    };
    for (const File& file : {File{"certificate", !listener.certificate.empty(), true},
                             File{"key", !listener.key.empty(), true},
                             File{"client_ca", !listener.client_ca.empty(), false}}) {
        const std::string own = path + "." + file.key;
        if (listener.tls == ListenerTls::None && file.set) {
            reading.report(reading.position(own),
                           "'" + file.key + "' does nothing with tls = \"none\": write tls = " +
                               "\"starttls\" or \"implicit\", or remove it");
        }
        if (listener.tls != ListenerTls::None && file.required && !file.set &&
            !reading.has_problem(own)) {
            const std::string place = reading.has_position(own) ? own : path + ".tls";
            reading.report(reading.position(place),
                           "TLS needs '" + file.key + "': write the path of its PEM file");
        }
    }
}

void validate_auth(const Config& config,
                   const Listener& listener,
                   const std::string& path,
                   Reading& reading) {
    if (listener.auth != Auth::Required) {
        return;
    }
    const Position where = reading.position(path + ".auth");
    if (config.users.empty() && listener.client_ca.empty() &&
        !reading.has_problem(path + ".client_ca")) {
        reading.report(where,
                       "auth = \"required\" lets nobody in: write a [[user]] table, or client_ca");
    }
    const bool unread =
        reading.has_problem(path + ".tls") || reading.has_problem(path + ".address");
    if (!offers_auth(listener) && !unread) {
        reading.report(where,
                       "auth = \"required\" lets nobody in: AUTH is not offered without TLS except "
                       "on loopback: write tls = \"required-starttls\" or \"implicit\"");
    }
}

void validate_clients(const Config& config,
                      const Listener& listener,
                      const std::string& path,
                      Reading& reading) {
    const auto entry = [&](std::size_t i) { return path + "." + indexed("clients", i); };
    const std::vector<Client>& clients = listener.clients;
    const bool somebody_logs_in =
        !listener.client_ca.empty() || (offers_auth(listener) && !config.users.empty());
    // With entries in the file, each of them has its problem already.
    if (clients.empty() && !somebody_logs_in && !reading.has_position(entry(0))) {
        reading.report(
            reading.position(path + ".clients"),
            "'clients' is empty, so nobody could send: name the networks of your clients");
    }
    if (clients.empty() || !reading.has_position(entry(clients.size() - 1)) ||
        reading.has_position(entry(clients.size()))) {
        return;  // not written, or some could not be read and the numbers differ
    }
    for (std::size_t i = 1; i < clients.size(); ++i) {
        const auto here = clients.begin() + static_cast<std::ptrdiff_t>(i);
        if (std::any_of(clients.begin(), here, [&](const Client& other) {
                return other.network == here->network && other.senders != here->senders;
            })) {
            reading.report(reading.position(entry(i)),
                           "'clients' has " + here->network.text() +
                               " twice with other senders: put all of them into one entry");
        }
    }
}

void validate_users(const Config& config, Reading& reading) {
    std::set<std::string_view> names;
    for (std::size_t i = 0; i < config.users.size(); ++i) {
        const std::string& name = config.users[i].name;
        if (!name.empty() && !names.insert(name).second) {
            reading.report(
                reading.position(indexed("user", i) + ".name"),
                "two [[user]] tables have this name: who of them logs in? give each its own");
        }
    }
}

void validate_senders(const Config& config, Reading& reading) {
    const bool all_read = std::all_of(config.domains.begin(),
                                      config.domains.end(),
                                      [](const Domain& domain) { return !domain.name.empty(); });
    if (config.domains.empty() || !all_read) {
        return;
    }
    for (const NamedDomain& named : reading.named_domains()) {
        if (config.find_domain(named.domain) == nullptr) {
            reading.report(reading.position(named.path),
                           "'senders' names " + named.domain.text() +
                               ", which is no [[domain]]: add one, or correct it");
        }
    }
}

}  // namespace

void validate_access(const Config& config, Reading& reading) {
    for (std::size_t i = 0; i < config.listeners.size(); ++i) {
        const Listener& listener = config.listeners[i];
        const std::string path = indexed("listener", i);
        validate_tls(listener, path, reading);
        validate_auth(config, listener, path, reading);
        validate_clients(config, listener, path, reading);
    }
    validate_users(config, reading);
    validate_senders(config, reading);
}

}  // namespace conf
