#include "conf/validate.h"

#include <algorithm>
#include <set>

namespace conf {

namespace {

constexpr std::size_t kLongestSocketPath = 107;  // sun_path of unix(7), less its NUL
constexpr std::size_t kLongestName = 253;        // RFC 1035 2.3.4
constexpr std::string_view kDkimLabel = "._domainkey.";

void validate_listeners(const Config& config, Reading& reading) {
    std::vector<Endpoint> seen;
    for (std::size_t i = 0; i < config.listeners.size(); ++i) {
        const Listener& listener = config.listeners[i];
        const std::string path = indexed("listener", i);
        // Port 0 takes another free one each time.
        const bool fixed = listener.address.port != 0;
        if (fixed && std::find(seen.begin(), seen.end(), listener.address) != seen.end()) {
            reading.report(reading.position(path + ".address"),
                           "two listeners have the address " + listener.address.text() +
                               ": give each its own");
        }
        seen.push_back(listener.address);
    }
    if (config.status.address.port != 0 &&
        std::find(seen.begin(), seen.end(), config.status.address) != seen.end()) {
        reading.report(reading.position("status.address"),
                       "a listener has the address " + config.status.address.text() +
                           " too: give the status page its own");
    }
}

void validate_selectors(const Domain& domain, const std::string& path, Reading& reading) {
    std::set<std::string> names;
    for (std::size_t i = 0; i < domain.selectors.size(); ++i) {
        const Selector& selector = domain.selectors[i];
        const std::string own = path + "." + indexed("selector", i);
        if (!selector.name.empty() && !names.insert(selector.name).second) {
            reading.report(
                reading.position(own + ".name"),
                "the domain has two selectors '" + selector.name + "': give each its own name");
        }
        // RFC 6376 3.6.2.1: the record stands at SELECTOR._domainkey.DOMAIN.
        if (selector.name.size() + kDkimLabel.size() + domain.name.text().size() > kLongestName) {
            reading.report(reading.position(own + ".name"),
                           "the DNS name of this selector is longer than 253 octets: shorten it");
        }
        if (selector.sign_from && selector.sign_until &&
            *selector.sign_until <= *selector.sign_from) {
            reading.report(reading.position(own + ".sign_until"),
                           "'sign_until' is not after 'sign_from': this selector would never sign");
        }
    }
}

void validate_domains(const Config& config, Reading& reading) {
    std::set<DomainName> names;
    for (std::size_t i = 0; i < config.domains.size(); ++i) {
        const Domain& domain = config.domains[i];
        const std::string path = indexed("domain", i);
        if (!domain.name.empty() && !names.insert(domain.name).second) {
            reading.report(reading.position(path + ".name"),
                           "two [[domain]] tables have the name " + domain.name.text() +
                               ": put all selectors under one");
        }
        const std::string selector = path + ".selector";
        if (domain.envelope_only && !domain.selectors.empty()) {
            reading.report(
                reading.position(selector + "[0]"),
                "a domain with 'envelope_only' never signs: remove its selectors or that key");
        }
        if (domain.envelope_only && !domain.sign) {
            reading.report(reading.position(path + ".sign"),
                           "a domain with 'envelope_only' has no mail of its own: remove 'sign'");
        }
        if (!domain.sign && !domain.envelope_only && !domain.selectors.empty()) {
            reading.report(
                reading.position(selector + "[0]"),
                "a domain with 'sign = false' never signs: remove its selectors or that key");
        }
        if (domain.sign && !domain.envelope_only && domain.selectors.empty() &&
            !reading.has_position(selector)) {
            reading.report(
                reading.position(path),
                "the domain has no selector: write [[domain.selector]] with name and key under it, "
                "envelope_only = true if it only receives bounces, or sign = false if its mail "
                "shall leave unsigned");
        }
        validate_selectors(domain, path, reading);
    }
}

void validate_postmaster(const Config& config, Reading& reading) {
    const bool all_named = std::all_of(config.domains.begin(),
                                       config.domains.end(),
                                       [](const Domain& domain) { return !domain.name.empty(); });
    if (config.postmaster_domain.empty() || config.domains.empty() || !all_named) {
        return;
    }
    // Bounces leave signed, like everything else.
    const Domain* domain = config.find_domain(config.postmaster_domain);
    if (domain == nullptr) {
        reading.report(reading.position("postmaster"),
                       "the domain of 'postmaster' is no [[domain]]: take one that signs, or add " +
                           config.postmaster_domain.text());
    } else if (domain->envelope_only || !domain->sign) {
        reading.report(reading.position("postmaster"),
                       "the domain of 'postmaster' has " +
                           std::string(domain->sign ? "envelope_only" : "sign = false") +
                           ": take one that signs");
    }
}

void validate_control_socket(const Config& config, Reading& reading) {
    if (config.status.control_socket.path.size() <= kLongestSocketPath) {
        return;
    }
    const std::string key = "status.control_socket";
    const bool written = reading.has_position(key);
    reading.report(
        reading.position(written ? key : "data_dir"),
        "the control socket's path has more than 107 octets: " +
            std::string(written ? "shorten it" : "write a shorter [status] control_socket"));
}

}  // namespace

std::string indexed(std::string_view table, std::size_t index) {
    return std::string(table) + "[" + std::to_string(index) + "]";
}

void validate(const Config& config, Reading& reading) {
    validate_postmaster(config, reading);
    validate_listeners(config, reading);
    validate_access(config, reading);
    validate_domains(config, reading);
    validate_control_socket(config, reading);
}

}  // namespace conf
