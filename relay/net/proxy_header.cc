#include "relay/net/proxy_header.h"

#include <array>
#include <charconv>
#include <cstdint>
#include <cstring>

namespace relay::net {

namespace {

using State = ProxyHeader::State;

constexpr ProxyHeader kMalformed{State::Malformed};
constexpr ProxyHeader kNeedMore{State::NeedMore};

// Version 1, 2.1: "a 107-byte buffer is more than enough", CRLF included.
constexpr std::size_t kMaxLine = 107;
constexpr std::string_view kWord = "PROXY ";
// Version 2, 2.2.
constexpr std::string_view kSignature("\r\n\r\n\0\r\nQUIT\n", 12);
constexpr std::size_t kFixed = 16;

bool begins_alike(std::string_view octets, std::string_view prefix) {
    const std::size_t count = std::min(octets.size(), prefix.size());
    return octets.substr(0, count) == prefix.substr(0, count);
}

std::string_view take_word(std::string_view& line) {
    const std::string_view word = line.substr(0, line.find(' '));
    line.remove_prefix(std::min(word.size() + 1, line.size()));
    return word;
}

bool is_port(std::string_view text) {
    std::uint16_t port = 0;
    const auto [end, fault] = std::from_chars(text.data(), text.data() + text.size(), port);
    return fault == std::errc() && end == text.data() + text.size() &&
           (text.size() == 1 || text.front() != '0');
}

ProxyHeader parse_text(std::string_view octets) {
    const std::size_t end = octets.substr(0, kMaxLine).find("\r\n");
    if (end == std::string_view::npos) {
        return octets.size() < kMaxLine ? kNeedMore : kMalformed;
    }
    ProxyHeader header{State::Complete, end + 2};
    std::string_view line = octets.substr(kWord.size(), end - kWord.size());
    const std::string_view family = take_word(line);
    if (family == "UNKNOWN") {
        return header;  // the rest of the line is to be passed over
    }
    const auto source = conf::IpAddress::parse(take_word(line));
    const auto target = conf::IpAddress::parse(take_word(line));
    const std::string_view source_port = take_word(line);
    const bool v4 = family == "TCP4";
    if ((!v4 && family != "TCP6") || !source || !target || source->is_v4() != v4 ||
        target->is_v4() != v4 || !is_port(source_port) || !is_port(line)) {
        return kMalformed;
    }
    header.client = source->unmapped();
    return header;
}

ProxyHeader parse_binary(std::string_view octets) {
    if (octets.size() < kFixed) {
        return kNeedMore;
    }
    const auto octet = [octets](std::size_t at) { return static_cast<std::uint8_t>(octets[at]); };
    const unsigned version = octet(12) >> 4U;
    const unsigned command = octet(12) & 0x0FU;
    const std::uint8_t family = octet(13);
    const std::size_t length = static_cast<std::size_t>(octet(14)) << 8U | octet(15);
    if (version != 2 || command > 1 || kFixed + length > kMaxProxyHeader) {
        return kMalformed;
    }
    if (octets.size() < kFixed + length) {
        return kNeedMore;
    }
    ProxyHeader header{State::Complete, kFixed + length};
    constexpr std::uint8_t kTcp4 = 0x11;
    constexpr std::uint8_t kTcp6 = 0x21;
    if (command == 0 || (family != kTcp4 && family != kTcp6)) {
        return header;
    }
    // Source and target address, source and target port.
    const std::size_t size = family == kTcp4 ? 4 : 16;
    if (length < 2 * size + 4) {
        return kMalformed;
    }
    if (family == kTcp4) {
        std::array<std::uint8_t, 4> address{};
        std::memcpy(address.data(), octets.data() + kFixed, address.size());
        header.client = conf::IpAddress::v4(address);
    } else {
        std::array<std::uint8_t, 16> address{};
        std::memcpy(address.data(), octets.data() + kFixed, address.size());
        header.client = conf::IpAddress::v6(address).unmapped();
    }
    return header;
}

}  // namespace

ProxyHeader parse_proxy_header(std::string_view octets) {
    if (octets.empty()) {
        return kNeedMore;
    }
    if (begins_alike(octets, kWord)) {
        return octets.size() < kWord.size() ? kNeedMore : parse_text(octets);
    }
    if (begins_alike(octets, kSignature)) {
        return octets.size() < kSignature.size() ? kNeedMore : parse_binary(octets);
    }
    return kMalformed;
}

}  // namespace relay::net
