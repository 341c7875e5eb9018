// ScramVerifier: what is kept of a password: enough to check it, not enough to log in with it.
//
// Written as PostgreSQL writes it: SCRAM-SHA-256$ITERATIONS:SALT$STORED-KEY:SERVER-KEY, the three
// in base64.
//
// Standards: RFC 5802 3 (StoredKey, ServerKey), RFC 7677.
// Threads: values.
// Errors: BadVerifier with what is wrong; the text itself is never repeated: it is a secret.
#pragma once

#include <string>
#include <string_view>

#include "conf/result.h"

namespace conf {

struct ScramVerifier {
    int iterations = 0;      // 4096 to 1,000,000
    std::string salt;        // 8 to 64 octets
    std::string stored_key;  // 32 octets
    std::string server_key;  // 32 octets

    static Result<ScramVerifier> parse(std::string_view text);
    [[nodiscard]] std::string text() const;
    bool operator==(const ScramVerifier&) const = default;
};

}  // namespace conf
