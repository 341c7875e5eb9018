#include "dkim/retire.h"

#include "dkim/errors.h"

namespace dkim {

conf::Result<DomainLives> retire(const KeyRing::DomainKeys& keys,
                                 DomainLives lives,
                                 const std::string& selector,
                                 const RotationRules& rules,
                                 conf::Instant now) {
    const KeyRing::Entry* const entry = keys.find(selector);
    if (entry == nullptr) {
        return error(errc::NoSelector,
                     keys.name.text() + " has no selector " + selector + " in the configuration");
    }
    lives = advance(keys, std::move(lives), {}, rules, now);
    const bool signs = choose(keys, lives, rules.prove, now).contains(*entry);
    Life& life = lives[selector];
    if (life.retired) {
        return lives;
    }
    life.retired = now;
    const Choice rest = choose(keys, lives, rules.prove, now);
    if (signs && (rest.signing.empty() || !rest.fit)) {
        return error(
            errc::NoSuccessor,
            "no other selector of " + keys.name.text() + " is proven: its mail would be held");
    }
    return advance(keys, std::move(lives), {}, rules, now);
}

}  // namespace dkim
