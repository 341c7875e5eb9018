// Outcome: what the world said about a recipient.
//
// Standards: RFC 3463 (enhanced status codes), RFC 3464 (diagnostic-code, remote-mta).
// Threads: values.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace queue {

/// class.subject.detail, RFC 3463 2: class 2, 4 or 5; the others 0 to 999.
struct EnhancedStatus {
    std::uint8_t klass = 0;
    std::uint16_t subject = 0;
    std::uint16_t detail = 0;

    /// "5.1.1" and nothing behind it but white space or the end.
    static std::optional<EnhancedStatus> parse(std::string_view text);
    [[nodiscard]] std::string text() const;
    bool operator==(const EnhancedStatus&) const = default;
};

struct Outcome {
    enum class Kind : std::uint8_t { Delivered, Deferred, Failed };

    Kind kind = Kind::Deferred;
    EnhancedStatus status;
    std::string
        text;  // the remote's reply in one line ("550 5.1.1 no such user"), or our own words
    std::string host;     // the host that said so; empty when nobody was reached
    std::string ip;       // its address
    bool remote = false;  // true when `text` is what `host` replied
    /// RFC 3461 5.2.1: the host took the message together with what was asked about reports, so
    /// that a report of success is its own to make. Meaningful where it is Delivered.
    bool passed_on_dsn = false;
    bool operator==(const Outcome&) const = default;
};

}  // namespace queue
