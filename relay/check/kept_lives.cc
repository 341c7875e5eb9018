#include "relay/check/kept_lives.h"

#include <map>
#include <utility>

namespace relay::check {

namespace {

constexpr const char* kTopic = "selector";

std::string key_of(const conf::DomainName& domain, const std::string& selector) {
    return domain.text() + "/" + selector;
}

}  // namespace

conf::Result<KeptLives> recall_lives(queue::Store& store) {
    const auto kept = store.recall(kTopic);
    if (!kept) {
        return kept.error();
    }
    KeptLives result;
    std::map<conf::DomainName, dkim::DomainLives> lives;
    for (const auto& [key, text] : *kept) {
        const auto slash = key.find('/');
        const auto domain = conf::DomainName::parse(key.substr(0, slash));
        auto life = dkim::Life::parse(text);
        if (!domain || slash == std::string::npos) {
            result.damaged.push_back(key + ": no selector");
        } else if (!life) {
            result.damaged.push_back(key + ": " + life.error().message());
        } else {
            lives[*domain].emplace(key.substr(slash + 1), std::move(*life));
        }
    }
    for (auto& [domain, own] : lives) {
        result.lives.set(domain, std::move(own));
    }
    return result;
}

std::vector<queue::Change> changes_of(const conf::DomainName& domain,
                                      const dkim::DomainLives& before,
                                      const dkim::DomainLives& after) {
    std::vector<queue::Change> changes;
    for (const auto& [selector, life] : after) {
        const auto old = before.find(selector);
        if (old == before.end() || old->second != life) {
            changes.emplace_back(
                queue::Remember{kTopic, key_of(domain, selector), life.text(), std::nullopt});
        }
    }
    for (const auto& [selector, life] : before) {
        if (!after.contains(selector)) {
            changes.emplace_back(queue::Forget{kTopic, key_of(domain, selector)});
        }
    }
    return changes;
}

}  // namespace relay::check
