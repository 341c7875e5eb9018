// Kept lives: the lives of selectors in the store, where they outlast a restart.
//
// Threads: no state.
#pragma once

#include <vector>

#include "dkim/life.h"
#include "queue/store.h"

namespace relay::check {

/// Errors: those of the store. A life that cannot be read begins anew; `damaged` names it.
struct KeptLives {
    dkim::Lives lives;
    std::vector<std::string> damaged;  // "example.com/2026a: why"
};
conf::Result<KeptLives> recall_lives(queue::Store& store);

/// What to commit so that the store has `after` where it had `before`.
std::vector<queue::Change> changes_of(const conf::DomainName& domain,
                                      const dkim::DomainLives& before,
                                      const dkim::DomainLives& after);

}  // namespace relay::check
