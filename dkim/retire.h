// Retire: a person takes a selector out of service, before the file says so.
//
// Threads: no state.
#pragma once

#include <string>

#include "conf/result.h"
#include "dkim/rotation.h"

namespace dkim {

/// The lives afterwards: another selector signs at once, the record of this one is needed until
/// what it signed has left. Errors: NoSelector where there is none of that name; NoSuccessor where
/// mail would be held, because no other one is proven.
conf::Result<DomainLives> retire(const KeyRing::DomainKeys& keys,
                                 DomainLives lives,
                                 const std::string& selector,
                                 const RotationRules& rules,
                                 conf::Instant now);

}  // namespace dkim
