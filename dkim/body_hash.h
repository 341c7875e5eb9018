// BodyHash: canonicalizes and hashes a body while it arrives, in pieces of any size.
//
// Standards: RFC 6376 3.4.3 (simple), 3.4.4 (relaxed), 3.7 (SHA-256).
// Threads:   one owner at a time.     Cost: runs of plain text are hashed where they lie.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "conf/config.h"

namespace dkim {

/// A finished body hash together with the canonicalization that made it.
struct Digest {
    std::array<std::uint8_t, 32> sha256{};
    conf::Canonicalization canonicalization = conf::Canonicalization::Relaxed;
    bool operator==(const Digest&) const = default;
};

class BodyHash {
public:
    explicit BodyHash(conf::Canonicalization canonicalization);
    ~BodyHash();
    BodyHash(BodyHash&&) noexcept;
    BodyHash& operator=(BodyHash&&) noexcept;

    /// The next octets of the body: CRLF line ends, dot-stuffing already removed.
    void update(std::string_view octets);
    /// Ends the body. The object is as newly made afterwards.
    Digest finish();

private:
    struct State;
    std::unique_ptr<State> state_;
};

}  // namespace dkim
