#include "dkim/life.h"

#include <algorithm>
#include <array>
#include <charconv>

#include "dkim/errors.h"
#include "dkim/tag_list.h"

namespace dkim {
namespace {

constexpr std::array<std::pair<Sight, std::string_view>, 6> kNames = {
    {{Sight::Unseen, "unseen"},
     {Sight::Ours, "ours"},
     {Sight::Absent, "absent"},
     {Sight::Different, "different"},
     {Sight::Revoked, "revoked"},
     {Sight::Disagreed, "disagreed"}}};

constexpr std::size_t kLongestSeen = 500;

// The end of the year 9999, in milliseconds: what is added to a time never overflows.
constexpr std::int64_t kLatest = 253402300799999;

// What may stand in a tag's value.
std::string plain(std::string_view text) {
    std::string result(text.substr(0, kLongestSeen));
    std::replace_if(
        result.begin(), result.end(), [](char c) { return c < ' ' || c > '~' || c == ';'; }, ',');
    return result;
}

conf::Error damaged(std::string_view tag) {
    return error(errc::BadTagList, std::string(tag) + "= of a selector's life cannot be read");
}

conf::Result<std::optional<conf::Instant>> instant(const TagList& tags, std::string_view name) {
    const auto value = tags.find(name);
    if (!value) {
        return std::optional<conf::Instant>();
    }
    std::int64_t milliseconds = 0;
    const char* const end = value->data() + value->size();
    const auto [at, failed] = std::from_chars(value->data(), end, milliseconds);
    if (failed != std::errc() || at != end || milliseconds > kLatest || milliseconds < -kLatest) {
        return damaged(name);
    }
    return std::optional(conf::Instant(conf::Duration(milliseconds)));
}

using Member = std::optional<conf::Instant> Life::*;
constexpr std::array<std::pair<std::string_view, Member>, 5> kInstants = {
    {{"proven", &Life::proven_from},
     {"signs", &Life::signs_from},
     {"until", &Life::signed_until},
     {"left", &Life::left},
     {"retired", &Life::retired}}};

}  // namespace

std::string_view name_of(Sight sight) {
    const auto found = std::find_if(
        kNames.begin(), kNames.end(), [&](const auto& named) { return named.first == sight; });
    return found->second;
}

std::string Life::text() const {
    const auto number = [](conf::Instant at) {
        return std::to_string(at.time_since_epoch().count());
    };
    std::string line = "v=1; key=" + plain(key) + "; sight=" + std::string(name_of(sight)) +
                       "; since=" + number(since);
    for (const auto& [name, member] : kInstants) {
        if (const auto& at = this->*member) {
            line.append("; ").append(name).append("=").append(number(*at));
        }
    }
    return line + "; seen=" + plain(seen);
}

conf::Result<Life> Life::parse(std::string_view text) {
    const auto tags = TagList::parse(text);
    if (!tags) {
        return tags.error();
    }
    Life life;
    if (tags->find("v") != "1") {
        return damaged("v");
    }
    const auto sight = tags->find("sight");
    const auto named = std::find_if(
        kNames.begin(), kNames.end(), [&](const auto& entry) { return sight == entry.second; });
    if (named == kNames.end()) {
        return damaged("sight");
    }
    life.sight = named->first;
    const auto since = instant(*tags, "since");
    if (!since || !*since) {
        return damaged("since");
    }
    life.since = **since;
    for (const auto& [name, member] : kInstants) {
        auto at = instant(*tags, name);
        if (!at) {
            return at.error();
        }
        life.*member = *at;
    }
    life.key = tags->find("key").value_or("");
    life.seen = tags->find("seen").value_or("");
    return life;
}

const Life* find_life(const DomainLives& lives, std::string_view selector, std::string_view key) {
    const auto found = lives.find(selector);
    return found == lives.end() || found->second.key != key ? nullptr : &found->second;
}

const DomainLives& Lives::of(const conf::DomainName& domain) const {
    static const DomainLives kNone;
    const auto found = lives_.find(domain);
    return found == lives_.end() ? kNone : found->second;
}

const Life* Lives::find(const conf::DomainName& domain,
                        std::string_view selector,
                        std::string_view key) const {
    return find_life(of(domain), selector, key);
}

void Lives::set(const conf::DomainName& domain, DomainLives lives) {
    if (lives.empty()) {
        lives_.erase(domain);
    } else {
        lives_[domain] = std::move(lives);
    }
}

}  // namespace dkim
