// Directions: which page a request asks for, or why it gets none.
//
// The status port answers what everybody may know; messages and commands are on the control socket
// alone. A Host field that is not ours is a browser that was led here (DNS rebinding): 421.
//
// Standards: RFC 9110 (7.4 misdirected requests, 15.5.6 Allow).
// Threads:   no state.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "queue/message_id.h"
#include "relay/status/http_message.h"

namespace relay::status {

enum class Channel : std::uint8_t { Port, Control };

enum class Page : std::uint8_t {
    Health,
    Ready,
    Status,
    Metrics,
    Message,
    Queue,
    Retry,
    Delete,
    Hold,
    Release,
    CheckQueue,
    Export,
    Import,
    Pause,
    Resume,
    Reload,
    Check,
    RetireSelector
};

struct Directions {
    Page page = Page::Health;
    queue::MessageId id;  // for Page::Message
};

/// `hostname` unset: the relay is starting and has nothing to hide, every Host will do.
std::variant<Directions, Response> direct(const Request& request,
                                          Channel channel,
                                          const std::optional<std::string>& hostname);

/// An address, localhost, or `hostname` (lower case); with or without a port.
bool is_our_host(std::string_view host, std::string_view hostname);

}  // namespace relay::status
