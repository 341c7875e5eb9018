// ScramClientFirst and ScramClientFinal: the two messages of a SCRAM client, taken apart.
//
// Only what a server without channel binding may go on with is a message here: a client that
// insists on channel binding ("p=") or on an extension ("m=") has none.
//
// Standards: RFC 5802 5, 5.1, 7.
// Threads:   values; views point into what was parsed.
// Errors:    nothing, where the grammar is broken or a bound passed: 4 KiB a message, 255 octets a
//   name, 256 a nonce.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace relay::smtp {

struct ScramClientFirst {
    std::string_view gs2_header;  // "n,," or "y,a=name,"
    std::string_view bare;        // all behind it
    std::string authzid;          // decoded; may be empty
    std::string user;             // decoded
    std::string_view nonce;

    static std::optional<ScramClientFirst> parse(std::string_view message);
};

struct ScramClientFinal {
    std::string_view without_proof;
    std::string_view binding;  // the value of c=, in base64
    std::string_view nonce;
    std::string proof;  // 32 octets

    static std::optional<ScramClientFinal> parse(std::string_view message);
};

/// A name that a server may be asked for: 1 to 255 octets of UTF-8 without NUL.
bool is_sasl_name(std::string_view name);

}  // namespace relay::smtp
