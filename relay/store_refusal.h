// store_refusal: what a client hears when the store cannot take its message.
//
// Standards: RFC 3463 3.4 (X.3.1), RFC 5321 4.2.3 (452).
// Threads:   no state.
#pragma once

#include "conf/result.h"
#include "relay/smtp/reply.h"

namespace relay {

/// 452 4.3.1 for a full disk and a full queue, else 451 4.3.0.
smtp::Reply store_refusal(const conf::Error& error);

}  // namespace relay
