#include "relay/net/rdata.h"

#include <algorithm>
#include <array>

namespace relay::net {
namespace {

constexpr std::size_t kMaxLabel = 63;      // RFC 1035 2.3.4
constexpr std::size_t kMaxWireName = 255;  // RFC 1035 2.3.4, length octets included
constexpr std::size_t kMaxTextName = 253;

std::uint8_t octet(char character) {
    return static_cast<std::uint8_t>(character);
}

/// Printable, and neither a separator nor an escape in text form.
bool stands_for_itself(char character) {
    return character > 0x20 && character < 0x7f && character != '.' && character != '\\';
}

char lower(char character) {
    return character >= 'A' && character <= 'Z' ? static_cast<char>(character - 'A' + 'a')
                                                : character;
}

/// How many octets the name takes that `rdata` begins with. Compression is refused.
std::optional<std::size_t> wire_name_size(std::string_view rdata) {
    std::size_t at = 0;
    while (at < rdata.size() && at < kMaxWireName) {
        const std::size_t length = octet(rdata[at]);
        if (length == 0) {
            return at + 1;
        }
        if (length > kMaxLabel) {
            return std::nullopt;
        }
        at += 1 + length;
    }
    return std::nullopt;
}

std::uint32_t number(std::string_view four_octets) {
    std::uint32_t value = 0;
    for (const char character : four_octets) {
        value = value << 8 | octet(character);
    }
    return value;
}

}  // namespace

std::string_view name(RecordType type) {
    switch (type) {
        case RecordType::A:
            return "A";
        case RecordType::Ns:
            return "NS";
        case RecordType::Cname:
            return "CNAME";
        case RecordType::Soa:
            return "SOA";
        case RecordType::Ptr:
            return "PTR";
        case RecordType::Mx:
            return "MX";
        case RecordType::Txt:
            return "TXT";
        case RecordType::Aaaa:
            return "AAAA";
        case RecordType::Tlsa:
            return "TLSA";
    }
    return "?";
}

std::optional<conf::IpAddress> decode_address(std::string_view rdata) {
    std::array<std::uint8_t, 4> v4{};
    if (rdata.size() == v4.size()) {
        std::transform(rdata.begin(), rdata.end(), v4.begin(), octet);
        return conf::IpAddress::v4(v4);
    }
    std::array<std::uint8_t, 16> v6{};
    if (rdata.size() == v6.size()) {
        std::transform(rdata.begin(), rdata.end(), v6.begin(), octet);
        return conf::IpAddress::v6(v6);
    }
    return std::nullopt;
}

std::optional<std::string> decode_name(std::string_view rdata) {
    if (rdata.size() > kMaxWireName) {
        return std::nullopt;
    }
    std::string text;
    text.reserve(rdata.size());
    // RFC 1035 3.1: a sequence of labels, each a length octet and that number of octets, up to the
    // length zero.
    for (;;) {
        if (rdata.empty()) {
            return std::nullopt;
        }
        const std::size_t length = octet(rdata.front());
        rdata.remove_prefix(1);
        if (length == 0) {
            break;
        }
        if (length > kMaxLabel || length > rdata.size()) {
            return std::nullopt;
        }
        if (!text.empty()) {
            text.push_back('.');
        }
        for (const char character : rdata.substr(0, length)) {
            if (!stands_for_itself(character)) {
                return std::nullopt;
            }
            text.push_back(lower(character));
        }
        rdata.remove_prefix(length);
    }
    if (!rdata.empty()) {
        return std::nullopt;
    }
    return text;
}

std::optional<MxRecord> decode_mx(std::string_view rdata) {
    if (rdata.size() < 3) {
        return std::nullopt;
    }
    auto host = decode_name(rdata.substr(2));
    if (!host) {
        return std::nullopt;
    }
    const unsigned preference = octet(rdata[0]) * 256U + octet(rdata[1]);
    return MxRecord{static_cast<std::uint16_t>(preference), std::move(*host)};
}

std::optional<SoaRecord> decode_soa(std::string_view rdata) {
    // RFC 1035 3.3.13: MNAME, RNAME, then SERIAL, REFRESH, RETRY, EXPIRE and MINIMUM of 32 bits.
    constexpr std::size_t kNumbers = 20;
    constexpr std::size_t kMinimumAt = 16;
    for (int names = 0; names < 2; ++names) {
        const auto size = wire_name_size(rdata);
        if (!size) {
            return std::nullopt;
        }
        rdata.remove_prefix(*size);
    }
    if (rdata.size() != kNumbers) {
        return std::nullopt;
    }
    return SoaRecord{number(rdata.substr(kMinimumAt))};
}

std::optional<std::string> decode_txt(std::string_view rdata) {
    if (rdata.empty()) {
        return std::nullopt;  // RFC 1035 3.3.14: one or more strings
    }
    std::string text;
    text.reserve(rdata.size());
    while (!rdata.empty()) {
        const std::size_t length = octet(rdata.front());
        rdata.remove_prefix(1);
        if (length > rdata.size()) {
            return std::nullopt;
        }
        text.append(rdata.substr(0, length));
        rdata.remove_prefix(length);
    }
    return text;
}

bool is_askable(std::string_view name) {
    if (name.empty() || name.size() > kMaxTextName) {
        return false;
    }
    std::size_t label = 0;
    for (const char character : name) {
        if (character == '.') {
            if (label == 0) {
                return false;
            }
            label = 0;
        } else if (!stands_for_itself(character) || ++label > kMaxLabel) {
            return false;
        }
    }
    return label != 0;
}

}  // namespace relay::net
