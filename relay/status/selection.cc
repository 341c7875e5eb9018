#include "relay/status/selection.h"

#include <algorithm>
#include <array>
#include <utility>

#include <nlohmann/json.hpp>

#include "conf/units.h"
#include "queue/address.h"
#include "relay/pauses.h"

namespace relay::status {

namespace {

using nlohmann::ordered_json;

struct Part {
    std::string_view name;
    std::string Selection::*member;
};
constexpr std::array<Part, 6> kParts = {{
    {"id", &Selection::id},
    {"sender", &Selection::sender},
    {"recipient", &Selection::recipient},
    {"domain", &Selection::domain},
    {"state", &Selection::state},
    {"older-than", &Selection::older_than},
}};

std::string Selection::*find_part(std::string_view name) {
    for (const Part& part : kParts) {
        if (part.name == name) {
            return part.member;
        }
    }
    return nullptr;
}

conf::Error wrong(std::string what) {
    return conf::Error{{}, std::move(what)};
}

conf::Error unknown(std::string_view name) {
    return wrong("unknown parameter \"" + std::string(name.substr(0, 100)) +
                 "\": there are id, sender, recipient, domain, state and older-than");
}

std::optional<int> hex_digit(char c) {
    if (c >= '0' && c <= '9') {
        return c - '0';
    }
    const char lower = static_cast<char>(c | 0x20);
    if (lower >= 'a' && lower <= 'f') {
        return lower - 'a' + 10;
    }
    return std::nullopt;
}

std::optional<std::string> percent_decoded(std::string_view text) {
    std::string result;
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] != '%') {
            result += text[i];
            continue;
        }
        if (text.size() - i < 3) {
            return std::nullopt;
        }
        const auto high = hex_digit(text[i + 1]);
        const auto low = hex_digit(text[i + 2]);
        if (!high || !low) {
            return std::nullopt;
        }
        result += static_cast<char>(*high * 16 + *low);
        i += 2;
    }
    return result;
}

/// RFC 3986 2.3. All but the unreserved characters are encoded.
std::string percent_encoded(std::string_view text) {
    constexpr std::string_view kHex = "0123456789ABCDEF";
    std::string result;
    for (const char c : text) {
        const auto octet = static_cast<unsigned char>(c);
        const bool plain = (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') ||
                           (c >= 'a' && c <= 'z') || c == '-' || c == '.' || c == '_' || c == '~';
        if (plain) {
            result += c;
        } else {
            result += '%';
            result += kHex[octet >> 4U];
            result += kHex[octet & 15U];
        }
    }
    return result;
}

ordered_json json_of(const Selection& selection) {
    ordered_json json = ordered_json::object();
    for (const Part& part : kParts) {
        if (const std::string& value = selection.*part.member; !value.empty()) {
            json[std::string(part.name)] = value;
        }
    }
    if (selection.all) {
        json["all"] = true;
    }
    return json;
}

std::string text_of(const ordered_json& json) {
    return json.dump(-1, ' ', false, ordered_json::error_handler_t::replace);
}

/// `reason` where it may be given.
conf::Result<Selection> selection_of(const ordered_json& parsed, std::string* reason) {
    if (!parsed.is_object()) {
        return wrong("the body must be a JSON object");
    }
    Selection selection;
    for (const auto& [name, value] : parsed.items()) {
        if (name == "all") {
            if (!value.is_boolean()) {
                return wrong("all: write true");
            }
            selection.all = value.get<bool>();
            continue;
        }
        const bool is_reason = reason != nullptr && name == "reason";
        const auto member = find_part(name);
        if (member == nullptr && !is_reason) {
            return unknown(name);
        }
        if (!value.is_string()) {
            return wrong(name + ": write a string");
        }
        (is_reason ? *reason : selection.*member) = value.get<std::string>();
    }
    return selection;
}

}  // namespace

bool Selection::is_empty() const {
    for (const Part& part : kParts) {
        if (!(this->*part.member).empty()) {
            return false;
        }
    }
    return true;
}

conf::Result<QueueQuery> parse_query(std::string_view query) {
    QueueQuery result;
    bool from_given = false;
    while (!query.empty()) {
        const auto end = std::min(query.find('&'), query.size());
        const auto pair = query.substr(0, end);
        query.remove_prefix(std::min(end + 1, query.size()));
        if (pair.empty()) {
            continue;
        }
        const auto equals = pair.find('=');
        if (equals == std::string_view::npos) {
            return wrong("write parameters as name=value");
        }
        const auto name = percent_decoded(pair.substr(0, equals));
        const auto value = percent_decoded(pair.substr(equals + 1));
        if (!name || !value) {
            return wrong("a percent sign stands before two hexadecimal digits");
        }
        if (*name == "from") {
            const auto id = queue::MessageId::parse(*value);
            if (!id || from_given) {
                return wrong("from: give one queue id");
            }
            from_given = true;
            result.from = *id;
            continue;
        }
        auto member = find_part(*name);
        if (member == nullptr) {
            return unknown(*name);
        }
        if (!(result.selection.*member).empty()) {
            return wrong(*name + ": give it once");
        }
        result.selection.*member = *value;
    }
    return result;
}

conf::Result<Selection> parse_selection(std::string_view json) {
    return selection_of(ordered_json::parse(json, nullptr, false), nullptr);
}

conf::Result<HoldRequest> parse_hold(std::string_view json) {
    HoldRequest request;
    auto selection = selection_of(ordered_json::parse(json, nullptr, false), &request.reason);
    if (!selection) {
        return selection.error();
    }
    request.selection = std::move(*selection);
    return request;
}

std::string as_query(const Selection& selection, std::optional<queue::MessageId> from) {
    std::string query;
    for (const Part& part : kParts) {
        if (const std::string& value = selection.*part.member; !value.empty()) {
            query.append(query.empty() ? "" : "&").append(part.name).append("=");
            query += percent_encoded(value);
        }
    }
    if (from) {
        query.append(query.empty() ? "" : "&").append("from=").append(from->text());
    }
    return query;
}

std::string as_json(const Selection& selection) {
    return text_of(json_of(selection));
}

std::string as_json(const HoldRequest& request) {
    ordered_json json = json_of(request.selection);
    if (!request.reason.empty()) {
        json["reason"] = request.reason;
    }
    return text_of(json);
}

conf::Result<std::string> hold_reason(const HoldRequest& request) {
    std::string reason(kHeldByPerson);
    if (request.reason.empty()) {
        return reason;
    }
    const bool printable = std::all_of(
        request.reason.begin(), request.reason.end(), [](char c) { return c >= ' ' && c <= '~'; });
    if (!printable || request.reason.size() > HoldRequest::kMaxReason) {
        return wrong("reason: write at most " + std::to_string(HoldRequest::kMaxReason) +
                     " printable characters of ASCII");
    }
    return reason + ": " + request.reason;
}

conf::Result<queue::Filter> filter_of(const Selection& selection, queue::Instant now) {
    queue::Filter filter;
    if (!selection.id.empty()) {
        filter.id = queue::MessageId::parse(selection.id);
        if (!filter.id) {
            return wrong("id: a queue id has 13 characters");
        }
    }
    if (!selection.sender.empty() && selection.sender != "<>") {
        const auto address = queue::Address::parse(selection.sender, queue::Characters::Utf8);
        if (!address) {
            return wrong("sender: " + address.error().message() + ": write user@domain, or <>");
        }
        filter.sender = address->text();
    } else {
        filter.sender = selection.sender;
    }
    if (!selection.recipient.empty()) {
        const auto address = queue::Address::parse(selection.recipient, queue::Characters::Utf8);
        if (!address) {
            return wrong("recipient: " + address.error().message() + ": write user@domain");
        }
        filter.recipient = address->text();
    }
    if (selection.domain.starts_with('[') && selection.domain.ends_with(']')) {
        filter.domain = selection.domain;  // an address literal
    } else if (!selection.domain.empty()) {
        const auto domain = conf::DomainName::parse(selection.domain);
        if (!domain) {
            return wrong("domain: " + domain.error().message());
        }
        filter.domain = domain->text();
    }
    using State = queue::Filter::State;
    constexpr std::array<std::pair<std::string_view, State>, 4> kStates = {
        {{"", State::Any},
         {"waiting", State::Waiting},
         {"active", State::Active},
         {"held", State::Held}}};
    bool known = false;
    for (const auto& [name, state] : kStates) {
        if (selection.state == name) {
            filter.state = state;
            known = true;
        }
    }
    if (!known) {
        return wrong("state: write waiting, active or held");
    }
    if (!selection.older_than.empty()) {
        const auto age = conf::parse_duration(selection.older_than);
        if (!age) {
            return wrong("older-than: " + age.error().message());
        }
        filter.accepted_before = now - *age;
    }
    return filter;
}

}  // namespace relay::status
