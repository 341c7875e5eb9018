// The keys and signatures of SCRAM-SHA-256, and the wiping of what they are made from.
//
// Standards: RFC 5802 2.2, 3; RFC 7677; RFC 2104 (HMAC), RFC 8018 5.2 (PBKDF2).
// Threads:   no state.
// Errors:    throws where the cryptographic library fails, which is a lack of memory.
#pragma once

#include <string>
#include <string_view>

#include "conf/scram_verifier.h"

namespace relay::smtp {

/// Whether the proof of a client is right for what was said.
bool proves(const conf::ScramVerifier& verifier,
            std::string_view proof,
            std::string_view auth_message);

/// ServerSignature: that we know the verifier.
std::string server_signature(const conf::ScramVerifier& verifier, std::string_view auth_message);

/// Overwrites what `secret` holds, and empties it.
void wipe(std::string& secret);

}  // namespace relay::smtp
