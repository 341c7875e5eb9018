#include "relay/check/spf_record.h"

#include <algorithm>
#include <array>
#include <utility>

#include "relay/check/spf_grammar.h"

namespace relay::check {
namespace {

using Kind = SpfMechanism::Kind;
using Qualifier = SpfMechanism::Qualifier;

constexpr std::string_view kVersion = "v=spf1";

// The grammar's literals match without regard to case (RFC 5234 2.3).
std::string lower(std::string_view text) {
    std::string result(text);
    std::transform(result.begin(), result.end(), result.begin(), [](char c) {
        return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    });
    return result;
}

std::optional<Kind> kind_of(std::string_view name) {
    constexpr std::array<std::pair<std::string_view, Kind>, 8> kKinds{{
        {"all", Kind::All},
        {"include", Kind::Include},
        {"a", Kind::A},
        {"mx", Kind::Mx},
        {"ptr", Kind::Ptr},
        {"ip4", Kind::Ip4},
        {"ip6", Kind::Ip6},
        {"exists", Kind::Exists},
    }};
    const auto wanted = lower(name);
    for (const auto& [text, kind] : kKinds) {
        if (text == wanted) {
            return kind;
        }
    }
    return std::nullopt;
}

Qualifier take_qualifier(std::string_view& term) {
    // qualifier = "+" / "-" / "?" / "~"
    auto qualifier = Qualifier::Pass;
    switch (term.empty() ? '\0' : term.front()) {
        case '+':
            break;
        case '-':
            qualifier = Qualifier::Fail;
            break;
        case '~':
            qualifier = Qualifier::SoftFail;
            break;
        case '?':
            qualifier = Qualifier::Neutral;
            break;
        default:
            return qualifier;
    }
    term.remove_prefix(1);
    return qualifier;
}

/// ":" ip-network [ "/" prefix ]; host bits may be set, they are ignored (5.6: only the leading
/// bits are compared).
std::optional<conf::IpNetwork> parse_network(std::string_view tail,
                                             conf::IpAddress::Family family) {
    if (!tail.starts_with(':')) {
        return std::nullopt;
    }
    tail.remove_prefix(1);
    const bool v4 = family == conf::IpAddress::Family::V4;
    int prefix = v4 ? 32 : 128;
    if (const auto slash = tail.find('/'); slash != std::string_view::npos) {
        const auto parsed = parse_prefix(tail.substr(slash + 1), prefix);
        if (!parsed) {
            return std::nullopt;
        }
        prefix = *parsed;
        tail = tail.substr(0, slash);
    }
    const auto address = conf::IpAddress::parse(tail);
    if (!address || address->family() != family) {
        return std::nullopt;
    }
    return network_of(*address, prefix);
}

bool parse_tail(std::string_view tail, SpfMechanism& mechanism) {
    switch (mechanism.kind) {
        case Kind::All:
            return tail.empty();
        case Kind::Ip4:
        case Kind::Ip6: {
            const auto family = mechanism.kind == Kind::Ip4 ? conf::IpAddress::Family::V4
                                                            : conf::IpAddress::Family::V6;
            const auto network = parse_network(tail, family);
            if (network) {
                mechanism.network = *network;
            }
            return network.has_value();
        }
        case Kind::A:
        case Kind::Mx: {
            auto host = parse_host_tail(tail);
            if (host) {
                mechanism.domain = std::move(host->domain);
                mechanism.prefix4 = host->prefix4;
                mechanism.prefix6 = host->prefix6;
            }
            return host.has_value();
        }
        case Kind::Include:
        case Kind::Exists:
        case Kind::Ptr: {
            if (tail.empty()) {
                return mechanism.kind == Kind::Ptr;
            }
            auto domain = tail.front() == ':' ? parse_domain_spec(tail.substr(1)) : std::nullopt;
            if (domain) {
                mechanism.domain = std::move(*domain);
            }
            return domain.has_value();
        }
    }
    return false;
}

conf::Error broken(std::string_view term, std::string_view why) {
    std::string detail(why);
    detail += ": \"";
    for (const char c : term.substr(0, 80)) {
        detail += c >= 0x20 && c < 0x7f ? c : '?';
    }
    return conf::Error{{}, detail + "\""};
}

conf::Result<void> take_modifier(std::string_view term, std::size_t equals, SpfRecord& record) {
    const auto name = lower(term.substr(0, equals));
    const auto value = term.substr(equals + 1);
    auto* known = name == "redirect" ? &record.redirect
                  : name == "exp"    ? &record.explanation
                                     : nullptr;
    if (known == nullptr) {
        // 6: unrecognized modifiers MUST be ignored, wherever they stand; their syntax still
        // counts.
        if (!is_macro_string(value)) {
            return broken(term, "a modifier with a broken value");
        }
        return {};
    }
    if (known->has_value()) {
        // 6: "redirect" and "exp" MUST NOT appear more than once each.
        return broken(term, "a second " + name);
    }
    auto domain = parse_domain_spec(value);
    if (!domain) {
        return broken(term, "no domain name behind " + name + "=");
    }
    *known = std::move(*domain);
    return {};
}

conf::Result<void> take_term(std::string_view term, SpfRecord& record) {
    const auto special = term.find_first_of("=:/");
    if (special != std::string_view::npos && term[special] == '=' &&
        is_modifier_name(term.substr(0, special))) {
        return take_modifier(term, special, record);
    }
    SpfMechanism mechanism;
    mechanism.text = std::string(term);
    auto rest = term;
    mechanism.qualifier = take_qualifier(rest);
    const auto name_end = std::min(rest.find_first_of(":/"), rest.size());
    const auto kind = kind_of(rest.substr(0, name_end));
    if (!kind) {
        return broken(term, "an unknown mechanism");
    }
    mechanism.kind = *kind;
    if (!parse_tail(rest.substr(name_end), mechanism)) {
        return broken(term, "a broken mechanism");
    }
    record.mechanisms.push_back(std::move(mechanism));
    return {};
}

}  // namespace

conf::IpNetwork network_of(const conf::IpAddress& address, int prefix) {
    const auto octets = address.octets();
    std::array<std::uint8_t, 16> kept{};
    for (std::size_t i = 0; i < octets.size(); ++i) {
        const int bits = std::clamp(prefix - static_cast<int>(i) * 8, 0, 8);
        const auto mask = static_cast<unsigned>(0xff00 >> bits) & 0xffU;
        kept[i] = static_cast<std::uint8_t>(static_cast<std::uint8_t>(octets[i]) & mask);
    }
    if (address.is_v4()) {
        return {conf::IpAddress::v4({kept[0], kept[1], kept[2], kept[3]}), prefix};
    }
    return {conf::IpAddress::v6(kept), prefix};
}

bool is_spf_record(std::string_view text) {
    // 4.5: the version section is terminated by either an SP character or the end of the record.
    return text.size() >= kVersion.size() && lower(text.substr(0, kVersion.size())) == kVersion &&
           (text.size() == kVersion.size() || text[kVersion.size()] == ' ');
}

conf::Result<SpfRecord> SpfRecord::parse(std::string_view text) {
    SpfRecord record;
    auto rest = text.substr(std::min(kVersion.size(), text.size()));
    // record = version terms *SP ; terms = *( 1*SP ( directive / modifier ) )
    while (!rest.empty()) {
        rest.remove_prefix(std::min(rest.find_first_not_of(' '), rest.size()));
        const auto term = rest.substr(0, rest.find(' '));
        rest.remove_prefix(term.size());
        if (term.empty()) {
            continue;
        }
        if (auto taken = take_term(term, record); !taken) {
            return taken.error();
        }
    }
    return record;
}

}  // namespace relay::check
