#include "conf/endpoint.h"

#include <charconv>
#include <optional>

#include "conf/errors.h"

namespace conf {

namespace {

constexpr std::string_view kUnix = "unix:";

std::optional<std::uint16_t> parse_port(std::string_view digits) {
    std::uint16_t port = 0;
    const char* const last = digits.data() + digits.size();
    const auto [end, ec] = std::from_chars(digits.data(), last, port);
    if (digits.empty() || ec != std::errc{} || end != last) {
        return std::nullopt;
    }
    return port;
}

}  // namespace

Result<Endpoint> parse_endpoint(std::string_view text) {
    Endpoint endpoint;
    if (text.starts_with(kUnix)) {
        endpoint.path = text.substr(kUnix.size());
        if (endpoint.path.empty()) {
            return error(errc::BadEndpoint, "write the socket's path behind 'unix:'");
        }
        return endpoint;
    }
    const std::size_t colon = text.rfind(':');
    if (colon == std::string_view::npos) {
        return error(errc::BadEndpoint, "the port is missing: write \"127.0.0.1:2525\"");
    }
    std::string_view host = text.substr(0, colon);
    const bool bracketed = host.size() >= 2 && host.front() == '[' && host.back() == ']';
    if (bracketed) {
        host = host.substr(1, host.size() - 2);
    }
    const auto address = IpAddress::parse(host);
    if (!address) {
        return error(errc::BadEndpoint,
                     "write an address, no name, like \"127.0.0.1:2525\" or \"[::1]:2525\"");
    }
    if (address->is_v6() != bracketed) {
        return error(errc::BadEndpoint,
                     "an IPv6 address, and only such, stands in brackets: \"[::1]:2525\"");
    }
    const auto port = parse_port(text.substr(colon + 1));
    if (!port) {
        return error(errc::BadEndpoint, "the port is a number from 0 to 65535");
    }
    endpoint.address = *address;
    endpoint.port = *port;
    return endpoint;
}

}  // namespace conf
