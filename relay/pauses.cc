#include "relay/pauses.h"

#include <algorithm>
#include <charconv>
#include <utility>

#include "conf/domain_name.h"
#include "queue/address.h"

namespace relay {

namespace {

constexpr const char* kTopic = "pause";
constexpr std::string_view kAll = "all";
constexpr std::string_view kDomain = "domain:";
constexpr std::string_view kSender = "sender:";
constexpr std::string_view kNull = "<>";

std::string lower(std::string_view text) {
    std::string result(text);
    std::transform(result.begin(), result.end(), result.begin(), [](char c) {
        return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    });
    return result;
}

/// Somebody to whom the message is still to be sent: not one who waits for the report to the sender
/// alone.
bool is_wanted(const queue::Recipient& recipient) {
    const bool ended = recipient.last && recipient.last->kind != queue::Outcome::Kind::Deferred;
    return recipient.is_open() && !ended && recipient.due != queue::Instant::max();
}

}  // namespace

conf::Result<Pause> Pause::of_domain(std::string_view text) {
    if (text.starts_with('[') && text.ends_with(']')) {
        // A literal is a recipient's domain as it stands behind the @.
        const auto address = queue::Address::parse("postmaster@" + std::string(text));
        if (!address) {
            return conf::Error{{}, "domain: " + address.error().message()};
        }
        return Pause(What::Domain, lower(address->domain()));
    }
    const auto domain = conf::DomainName::parse(text);
    if (!domain) {
        return conf::Error{{}, "domain: " + domain.error().message()};
    }
    return Pause(What::Domain, domain->text());
}

conf::Result<Pause> Pause::of_sender(std::string_view text) {
    if (text == kNull) {
        return Pause(What::Sender, std::string(kNull));
    }
    if (text.find('@') == std::string_view::npos) {
        const auto domain = conf::DomainName::parse(text);
        if (!domain) {
            return conf::Error{{}, "sender: " + domain.error().message()};
        }
        return Pause(What::Sender, domain->text());
    }
    const auto address = queue::Address::parse(text, queue::Characters::Utf8);
    if (!address) {
        return conf::Error{
            {}, "sender: " + address.error().message() + ": write user@domain, a domain, or <>"};
    }
    return Pause(What::Sender, lower(address->text()));
}

std::optional<Pause> Pause::of_key(std::string_view key) {
    if (key == kAll) {
        return all();
    }
    const bool domain = key.starts_with(kDomain);
    if (!domain && !key.starts_with(kSender)) {
        return std::nullopt;
    }
    const auto pause =
        domain ? of_domain(key.substr(kDomain.size())) : of_sender(key.substr(kSender.size()));
    return pause ? std::optional(*pause) : std::nullopt;
}

std::string Pause::key() const {
    switch (what_) {
        case What::All:
            break;
        case What::Domain:
            return std::string(kDomain) + name_;
        case What::Sender:
            return std::string(kSender) + name_;
    }
    return std::string(kAll);
}

std::string Pause::text() const {
    switch (what_) {
        case What::All:
            break;
        case What::Domain:
            return "domain " + name_;
        case What::Sender:
            return "sender " + name_;
    }
    return "all mail";
}

std::string Pause::reason() const {
    const Pause shown(what_, public_name());
    return std::string(kPausedByPerson) + " (" + shown.text() + ")";
}

std::string Pause::public_name() const {
    const auto at = name_.rfind('@');
    return at == std::string::npos ? name_ : "*" + name_.substr(at);
}

PauseSet::PauseSet(const std::vector<Paused>& all) {
    for (const Paused& paused : all) {
        if (!by_key_.emplace(paused.pause.key(), paused).second) {
            continue;
        }
        switch (paused.pause.what()) {
            case Pause::What::All:
                all_ = true;
                break;
            case Pause::What::Domain:
                domains_.insert(paused.pause.name());
                break;
            case Pause::What::Sender:
                senders_.insert(paused.pause.name());
                break;
        }
    }
}

std::vector<Paused> PauseSet::list() const {
    std::vector<Paused> all;
    all.reserve(by_key_.size());
    for (const auto& [key, paused] : by_key_) {
        all.push_back(paused);
    }
    return all;
}

bool PauseSet::stops(std::string_view domain) const {
    if (domains_.empty()) {
        return false;
    }
    // A name is in lower case already; a literal may not be.
    return domain.starts_with('[') ? domains_.contains(lower(domain)) : domains_.contains(domain);
}

std::optional<Pause> PauseSet::covering(const queue::Envelope& envelope) const {
    if (by_key_.empty() ||
        std::none_of(envelope.recipients.begin(), envelope.recipients.end(), is_wanted)) {
        return std::nullopt;
    }
    const auto paused = [this](const std::string& key) {
        const auto found = by_key_.find(key);
        return found == by_key_.end() ? std::nullopt : std::optional(found->second.pause);
    };
    if (all_) {
        return Pause::all();
    }
    if (!senders_.empty()) {
        const std::string sender =
            envelope.sender.is_null() ? std::string(kNull) : lower(envelope.sender.text());
        if (auto found = paused(std::string(kSender) + sender)) {
            return found;
        }
        if (auto found = paused(std::string(kSender) + lower(envelope.sender.domain()))) {
            return found;
        }
    }
    std::optional<Pause> first;
    for (const auto& recipient : envelope.recipients) {
        if (!is_wanted(recipient)) {
            continue;
        }
        if (!stops(recipient.address.domain())) {
            return std::nullopt;
        }
        if (!first) {
            first = paused(std::string(kDomain) + lower(recipient.address.domain()));
        }
    }
    return first;
}

queue::Instant PauseSet::due(const queue::Envelope& envelope) const {
    auto due = queue::Instant::max();
    for (const auto& recipient : envelope.recipients) {
        if (is_wanted(recipient) && !stops(recipient.address.domain())) {
            due = std::min(due, recipient.due);
        }
    }
    return due == queue::Instant::max() ? envelope.due() : due;
}

std::shared_ptr<const PauseSet> Pauses::get() const {
    const std::lock_guard lock(mutex_);
    return set_;
}

bool Pauses::add(const Paused& paused) {
    const std::lock_guard lock(mutex_);
    if (set_->contains(paused.pause) || set_->size() >= kMost) {
        return false;
    }
    auto all = set_->list();
    all.push_back(paused);
    set_ = std::make_shared<const PauseSet>(all);
    ++generation_;
    return true;
}

bool Pauses::remove(const Pause& pause) {
    const std::lock_guard lock(mutex_);
    if (!set_->contains(pause)) {
        return false;
    }
    auto all = set_->list();
    std::erase_if(all, [&pause](const Paused& each) { return each.pause == pause; });
    set_ = std::make_shared<const PauseSet>(all);
    ++generation_;
    return true;
}

conf::Result<std::vector<std::string>> Pauses::recall(queue::Store& store) {
    const auto kept = store.recall(kTopic);
    if (!kept) {
        return kept.error();
    }
    std::vector<Paused> all;
    std::vector<std::string> damaged;
    for (const auto& [key, value] : *kept) {
        const auto pause = Pause::of_key(key);
        if (!pause) {
            damaged.push_back(key);
            continue;
        }
        // A time that cannot be read is no reason to send.
        std::int64_t since = 0;
        (void)std::from_chars(value.data(), value.data() + value.size(), since);
        all.push_back({*pause, queue::Instant(queue::Duration(since))});
    }
    const std::lock_guard lock(mutex_);
    set_ = std::make_shared<const PauseSet>(all);
    ++generation_;
    return damaged;
}

conf::Error Pauses::too_many() {
    return conf::Error{
        {}, "there are " + std::to_string(kMost) + " pauses, no more are kept: end some"};
}

queue::Change Pauses::remember(const Paused& paused) {
    return queue::Remember{kTopic,
                           paused.pause.key(),
                           std::to_string(paused.since.time_since_epoch().count()),
                           std::nullopt};
}

queue::Change Pauses::forget(const Pause& pause) {
    return queue::Forget{kTopic, pause.key()};
}

}  // namespace relay
