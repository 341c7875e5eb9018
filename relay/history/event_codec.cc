#include "relay/history/event_codec.h"

#include <cstdint>
#include <optional>
#include <utility>

namespace relay::history {

namespace {

constexpr char kVersion = 1;
constexpr std::uint64_t kMaxFields = 1000;

void put(std::string& octets, std::uint64_t number) {
    while (number >= 0x80U) {
        octets += static_cast<char>(static_cast<unsigned char>(number | 0x80U));
        number >>= 7U;
    }
    octets += static_cast<char>(static_cast<unsigned char>(number));
}

void put(std::string& octets, std::string_view text) {
    put(octets, text.size());
    octets += text;
}

class Reader {
public:
    explicit Reader(std::string_view octets) : left_(octets) {}

    [[nodiscard]] bool at_end() const { return left_.empty(); }

    std::optional<std::uint64_t> number() {
        std::uint64_t value = 0;
        for (unsigned shift = 0; shift < 64 && !left_.empty(); shift += 7) {
            const auto octet = static_cast<unsigned char>(left_.front());
            left_.remove_prefix(1);
            value |= static_cast<std::uint64_t>(octet & 0x7fU) << shift;
            if ((octet & 0x80U) == 0) {
                return value;
            }
        }
        return std::nullopt;
    }

    std::optional<std::string> text() {
        const auto size = number();
        if (!size || *size > left_.size()) {
            return std::nullopt;
        }
        std::string text(left_.substr(0, static_cast<std::size_t>(*size)));
        left_.remove_prefix(static_cast<std::size_t>(*size));
        return text;
    }

private:
    std::string_view left_;
};

/// One event; nothing where the octets make no sense any more.
std::optional<Event> read_event(Reader& reader) {
    const auto time = reader.number();
    const auto kind = reader.number();
    const auto fields = reader.number();
    if (!time || !kind || !fields || *kind > 0xff || *fields > kMaxFields) {
        return std::nullopt;
    }
    Event event;
    event.time = queue::Instant(std::chrono::milliseconds(static_cast<std::int64_t>(*time)));
    event.kind = static_cast<Kind>(*kind);
    for (std::uint64_t i = 0; i < *fields; ++i) {
        const auto number = reader.number();
        auto text = reader.text();
        if (!number || !text || *number > 0xff) {
            return std::nullopt;
        }
        const auto field = static_cast<Field>(*number);
        if (!name(field).empty()) {
            event.add(field, std::move(*text));
        }
    }
    auto transcript = reader.text();
    if (!transcript) {
        return std::nullopt;
    }
    event.transcript = std::move(*transcript);
    return event;
}

}  // namespace

void append_encoded(const Event& event, std::string& octets) {
    if (octets.empty()) {
        octets += kVersion;
    }
    put(octets, static_cast<std::uint64_t>(event.time.time_since_epoch().count()));
    put(octets, static_cast<std::uint64_t>(event.kind));
    put(octets, event.fields.size());
    for (const auto& [field, text] : event.fields) {
        put(octets, static_cast<std::uint64_t>(field));
        put(octets, std::string_view(text));
    }
    put(octets, std::string_view(event.transcript));
}

std::vector<Event> decode_events(queue::MessageId id, std::string_view octets) {
    std::vector<Event> events;
    if (octets.empty() || octets.front() != kVersion) {
        return events;
    }
    Reader reader(octets.substr(1));
    while (!reader.at_end()) {
        auto event = read_event(reader);
        if (!event) {
            break;
        }
        if (!name(event->kind).empty()) {
            event->id = id;
            events.push_back(std::move(*event));
        }
    }
    return events;
}

}  // namespace relay::history
