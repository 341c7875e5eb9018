// BodyHash: canonicalizes and hashes a body while it arrives, in pieces of any size.
//
// Standards: RFC 6376 3.4.3 (simple), 3.4.4 (relaxed), 3.5 (l=), 3.7 (SHA-256).
// Threads:   one owner at a time.     Cost: runs of plain text are hashed where they lie.
#pragma once

#include <array>
#include <cstdint>
#include <limits>
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
    static constexpr std::uint64_t kWhole = std::numeric_limits<std::uint64_t>::max();

    /// Only the first `limit` octets of the canonical body are hashed (a verifier's l=).
    explicit BodyHash(conf::Canonicalization canonicalization, std::uint64_t limit = kWhole);
    ~BodyHash();
    BodyHash(BodyHash&&) noexcept;
    BodyHash& operator=(BodyHash&&) noexcept;

    /// The next octets of the body: CRLF line ends, dot-stuffing already removed.
    void update(std::string_view octets);
    /// Ends the body. The object is as newly made afterwards.
    Digest finish();
    /// Octets of the canonical body that was ended last, those beyond the limit too.
    [[nodiscard]] std::uint64_t size() const;

private:
    struct State;
    std::unique_ptr<State> state_;
};

}  // namespace dkim
