#include "relay/check/gate.h"

#include <algorithm>
#include <chrono>
#include <utility>

namespace relay::check {
namespace {

constexpr std::chrono::hours kDefiniteStands{24};
constexpr std::size_t kMaxWanted = 10000;

bool same(const Finding& one, const Finding& other) {
    return one.check == other.check && one.subject == other.subject;
}

void call(const std::shared_ptr<const std::function<void()>>& callback) {
    if (callback && *callback) {
        (*callback)();
    }
}

}  // namespace

Gate::Answer Gate::judge(const std::string& envelope_domain, const std::string& author_domain) {
    Answer answer;
    bool wants = false;
    std::unique_lock lock(mutex_);
    if (const Unproven* const unproven = find_unproven(author_domain)) {
        return {Decision::Hold, unproven->reason};
    }
    if (mode_ != conf::CheckMode::Enforce) {
        return answer;
    }
    look("", envelope_domain.empty() ? Relevant::SourcesAndHelo : Relevant::Sources, answer, wants);
    if (!envelope_domain.empty()) {
        look(envelope_domain, Relevant::Envelope, answer, wants);
    }
    if (!author_domain.empty()) {
        look(author_domain, Relevant::Author, answer, wants);
    }
    const auto callback = on_wanted_;
    lock.unlock();
    if (wants) {
        call(callback);
    }
    return answer;
}

const Gate::Unproven* Gate::find_unproven(const std::string& author_domain) const {
    if (unproven_.empty()) {
        return nullptr;
    }
    if (const auto own = unproven_.find(author_domain); own != unproven_.end()) {
        return &own->second;
    }
    for (auto dot = author_domain.find('.'); dot != std::string::npos;
         dot = author_domain.find('.', dot + 1)) {
        const auto parent = unproven_.find(author_domain.substr(dot + 1));
        if (parent != unproven_.end() && parent->second.subdomains) {
            return &parent->second;
        }
    }
    return nullptr;
}

void Gate::set_unproven(std::map<std::string, Unproven> domains) {
    std::unique_lock lock(mutex_);
    if (unproven_ == domains) {
        return;
    }
    unproven_ = std::move(domains);
    tell_changed(std::move(lock));
}

std::map<std::string, Gate::Unproven> Gate::unproven() const {
    const std::lock_guard lock(mutex_);
    return unproven_;
}

void Gate::look(const std::string& key, Relevant relevant, Answer& answer, bool& wants) {
    const auto counts = [relevant](const std::string& check) {
        switch (relevant) {
            case Relevant::Sources:
                return check == kPtr || check == kHelo;
            case Relevant::SourcesAndHelo:
                return true;
            case Relevant::Envelope:
                return check == kSpf;
            case Relevant::Author:
                return check == kDkim;
        }
        return false;
    };
    const auto found = known_.find(key);
    if (found == known_.end()) {
        wants = (wanted_.size() < kMaxWanted && wanted_.insert(key).second) || wants;
        if (answer.decision == Decision::Open) {
            answer.decision = Decision::Wait;
            answer.reason =
                key.empty() ? "the source addresses are being checked" : key + " is being checked";
        }
        return;
    }
    if (answer.decision == Decision::Hold) {
        return;
    }
    for (const auto& entry : found->second) {
        if (entry.finding.verdict == Verdict::Block && counts(entry.finding.check)) {
            answer.decision = Decision::Hold;
            answer.reason = entry.finding.reason();
            return;
        }
    }
}

void Gate::on_change(std::function<void()> callback) {
    const std::lock_guard lock(mutex_);
    on_change_ = std::make_shared<const std::function<void()>>(std::move(callback));
}

void Gate::on_wanted(std::function<void()> callback) {
    const std::lock_guard lock(mutex_);
    on_wanted_ = std::make_shared<const std::function<void()>>(std::move(callback));
}

void Gate::tell_changed(std::unique_lock<std::mutex> lock) {
    generation_.fetch_add(1);
    const auto callback = on_change_;
    lock.unlock();
    call(callback);
}

void Gate::set_mode(conf::CheckMode mode) {
    std::unique_lock lock(mutex_);
    if (mode_ == mode) {
        return;
    }
    mode_ = mode;
    tell_changed(std::move(lock));
}

conf::CheckMode Gate::mode() const {
    const std::lock_guard lock(mutex_);
    return mode_;
}

std::vector<Gate::Change> Gate::publish(const std::string& domain,
                                        std::vector<Finding> findings,
                                        conf::Instant now) {
    std::vector<Change> changes;
    Entries entries;
    std::unique_lock lock(mutex_);
    const auto found = known_.find(domain);
    static const Entries kNone;
    const auto& before = found == known_.end() ? kNone : found->second;
    bool decides = found == known_.end();
    for (auto& finding : findings) {
        const auto old = std::find_if(before.begin(), before.end(), [&](const Entry& entry) {
            return same(entry.finding, finding);
        });
        const bool first = old == before.end();
        if (!first && finding.verdict == Verdict::Unknown &&
            old->finding.verdict != Verdict::Unknown && now - old->seen < kDefiniteStands) {
            entries.push_back(*old);
            continue;
        }
        if (first || old->finding.verdict != finding.verdict) {
            changes.push_back(Change{finding, first});
            decides = decides || finding.verdict == Verdict::Block ||
                      (!first && old->finding.verdict == Verdict::Block);
        }
        entries.push_back(Entry{std::move(finding), now});
    }
    // One that blocked and is looked at no more lets go, too.
    decides = decides || std::any_of(before.begin(), before.end(), [&](const Entry& old) {
                  return old.finding.verdict == Verdict::Block &&
                         std::none_of(entries.begin(), entries.end(), [&](const Entry& entry) {
                             return same(entry.finding, old.finding);
                         });
              });
    known_[domain] = std::move(entries);
    wanted_.erase(domain);
    if (decides) {
        tell_changed(std::move(lock));
    }
    return changes;
}

void Gate::forget(const std::string& domain) {
    std::unique_lock lock(mutex_);
    if (known_.erase(domain) > 0) {
        tell_changed(std::move(lock));  // whoever was held by it may ask anew
    }
}

std::vector<std::string> Gate::take_wanted() {
    const std::lock_guard lock(mutex_);
    std::vector<std::string> taken(wanted_.begin(), wanted_.end());
    wanted_.clear();
    return taken;
}

std::map<std::string, std::vector<Finding>> Gate::findings() const {
    const std::lock_guard lock(mutex_);
    std::map<std::string, std::vector<Finding>> result;
    for (const auto& [domain, entries] : known_) {
        auto& list = result[domain];
        for (const auto& entry : entries) {
            list.push_back(entry.finding);
        }
    }
    return result;
}

}  // namespace relay::check
