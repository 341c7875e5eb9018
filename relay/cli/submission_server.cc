#include "relay/cli/submission_server.h"

#include <algorithm>
#include <charconv>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <nlohmann/json.hpp>

namespace relay::cli {

namespace {

using nlohmann::json;

/// "127.0.0.1:40123" or "[::1]:40123".
std::optional<conf::Endpoint> parse_bound(std::string_view text) {
    const auto colon = text.rfind(':');
    if (colon == std::string_view::npos) {
        return std::nullopt;
    }
    std::string_view address = text.substr(0, colon);
    if (address.starts_with('[') && address.ends_with(']')) {
        address = address.substr(1, address.size() - 2);
    }
    const auto parsed = conf::IpAddress::parse(address);
    conf::Endpoint endpoint;
    const char* const end = text.data() + text.size();
    const auto port = std::from_chars(text.data() + colon + 1, end, endpoint.port);
    if (!parsed || port.ec != std::errc{} || port.ptr != end || endpoint.port == 0) {
        return std::nullopt;
    }
    endpoint.address = *parsed;
    return endpoint;
}

/// Of the listener with this number; a configured port 0 is known to the relay alone.
std::optional<conf::Endpoint> bound_listener(const ControlClient& control, std::size_t number) {
    const auto answer = control.get("/status");
    if (!answer || answer->status != 200) {
        return std::nullopt;
    }
    const auto page = json::parse(answer->body, nullptr, false);
    if (!page.is_object() || !page.contains("listeners") || !page["listeners"].is_array() ||
        page["listeners"].size() <= number || !page["listeners"][number].is_string()) {
        return std::nullopt;
    }
    return parse_bound(page["listeners"][number].get<std::string>());
}

conf::IpAddress loopback(conf::IpAddress::Family family) {
    return *conf::IpAddress::parse(family == conf::IpAddress::Family::V4 ? "127.0.0.1" : "::1");
}

conf::IpAddress reachable(const conf::IpAddress& address) {
    const bool every = address == conf::IpAddress() || address == *conf::IpAddress::parse("::");
    return every ? loopback(address.family()) : address;
}

bool takes_mail_from_here(const conf::Listener& listener) {
    const auto& address = listener.address.address;
    // A connection to an address of this host comes from there, within 127/8 from 127.0.0.1.
    const auto client = reachable(address).is_loopback() ? loopback(address.family()) : address;
    const bool as_proxy =
        std::any_of(listener.proxy_protocol.begin(),
                    listener.proxy_protocol.end(),
                    [&client](const conf::IpNetwork& proxies) { return proxies.contains(client); });
    return !listener.address.is_unix() && !as_proxy && listener.auth != conf::Auth::Required &&
           (listener.tls == conf::ListenerTls::None ||
            listener.tls == conf::ListenerTls::StartTls) &&
           listener.find_client(client) != nullptr;
}

}  // namespace

conf::Result<conf::Endpoint> submission_server(const conf::Config& config,
                                               const ControlClient& control) {
    const std::vector<conf::Listener> usual(1);
    const auto& listeners = config.listeners.empty() ? usual : config.listeners;
    for (std::size_t number = 0; number < listeners.size(); ++number) {
        if (!takes_mail_from_here(listeners[number])) {
            continue;
        }
        conf::Endpoint server = listeners[number].address;
        if (server.port == 0) {
            server = bound_listener(control, number).value_or(server);
        }
        server.address = reachable(server.address);
        return server;
    }
    return conf::Error{{},
                       "no listener takes mail from this host in the clear and without a login: "
                       "add a [[listener]] on loopback with tls = \"none\", whose clients "
                       "include it"};
}

}  // namespace relay::cli
