#include "relay/status/directions.h"

#include <algorithm>
#include <array>

#include "conf/ip_address.h"

namespace relay::status {

namespace {

enum class Reach : std::uint8_t { Everywhere, ControlAlone };

struct Place {
    std::string_view path;
    Page page;
    Reach reach;
    bool command;  // POST; else GET and HEAD
};

constexpr std::array<Place, 17> kPlaces = {{
    {"/healthz", Page::Health, Reach::Everywhere, false},
    {"/readyz", Page::Ready, Reach::Everywhere, false},
    {"/status", Page::Status, Reach::Everywhere, false},
    {"/metrics", Page::Metrics, Reach::Everywhere, false},
    {"/queue", Page::Queue, Reach::ControlAlone, false},
    {"/queue/retry", Page::Retry, Reach::ControlAlone, true},
    {"/queue/delete", Page::Delete, Reach::ControlAlone, true},
    {"/queue/hold", Page::Hold, Reach::ControlAlone, true},
    {"/queue/release", Page::Release, Reach::ControlAlone, true},
    {"/queue/check", Page::CheckQueue, Reach::ControlAlone, true},
    {"/queue/export", Page::Export, Reach::ControlAlone, true},
    {"/queue/import", Page::Import, Reach::ControlAlone, true},
    {"/pause", Page::Pause, Reach::ControlAlone, true},
    {"/resume", Page::Resume, Reach::ControlAlone, true},
    {"/reload", Page::Reload, Reach::ControlAlone, true},
    {"/check", Page::Check, Reach::ControlAlone, true},
    {"/dkim/retire", Page::RetireSelector, Reach::ControlAlone, true},
}};
constexpr std::string_view kMessages = "/messages/";
constexpr Place kMessage = {kMessages, Page::Message, Reach::ControlAlone, false};

const Place* find_place(std::string_view path) {
    if (path.starts_with(kMessages)) {
        return &kMessage;
    }
    const auto found = std::find_if(
        kPlaces.begin(), kPlaces.end(), [path](const Place& place) { return place.path == path; });
    return found == kPlaces.end() ? nullptr : &*found;
}

bool is_port(std::string_view text) {
    return text.size() <= 5 &&
           std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

}  // namespace

bool is_our_host(std::string_view host, std::string_view hostname) {
    // RFC 9110 7.2. Host = uri-host [ ":" port ]; an IPv6 address stands in brackets.
    if (host.starts_with('[')) {
        const auto end = host.find(']');
        if (end == std::string_view::npos) {
            return false;
        }
        const auto port = host.substr(end + 1);
        const auto address = conf::IpAddress::parse(host.substr(1, end - 1));
        return address && address->is_v6() &&
               (port.empty() || (port.starts_with(':') && is_port(port.substr(1))));
    }
    if (const auto colon = host.find(':'); colon != std::string_view::npos) {
        if (!is_port(host.substr(colon + 1))) {
            return false;
        }
        host = host.substr(0, colon);
    }
    if (const auto address = conf::IpAddress::parse(host); address && address->is_v4()) {
        return true;
    }
    std::string name(host);
    std::transform(name.begin(), name.end(), name.begin(), [](char c) {
        return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    });
    if (name.ends_with('.')) {
        name.pop_back();
    }
    return !name.empty() && (name == "localhost" || name == hostname);
}

std::variant<Directions, Response> direct(const Request& request,
                                          Channel channel,
                                          const std::optional<std::string>& hostname) {
    if (channel == Channel::Port && hostname && request.host &&
        !is_our_host(*request.host, *hostname)) {
        return error_response(421, "ask by address, as localhost, or by the configured hostname");
    }
    const Place* place = find_place(request.path);
    if (place == nullptr) {
        return error_response(404, "no such page: there are /healthz, /readyz, /status, /metrics");
    }
    if (channel == Channel::Port && place->reach == Reach::ControlAlone) {
        return error_response(403, "only on the control socket");
    }
    const bool asks = request.method == Method::Get || request.method == Method::Head;
    if (place->command ? request.method != Method::Post : !asks) {
        auto refusal = error_response(405, "wrong method for this page");
        refusal.allow = place->command ? "POST" : "GET, HEAD";
        return refusal;
    }
    if (!request.query.empty() && place->page != Page::Queue) {
        return error_response(400, "this page has no parameters");
    }
    Directions directions{place->page, {}};
    if (place->page == Page::Message) {
        const auto id =
            queue::MessageId::parse(std::string_view(request.path).substr(kMessages.size()));
        if (!id) {
            return error_response(400, "a queue id has 13 characters");
        }
        directions.id = *id;
    }
    return directions;
}

}  // namespace relay::status
