// Body digest: the hash of a stored body, kept with its canonicalization: re-signing needs it, and
// whoever reads a body back proves with it that the octets are those that were signed.
//
// Standards: RFC 6376 3.7 (body hash).
// Threads:   values; one owner.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "dkim/body_hash.h"

namespace relay {

/// As queue::Content::body_hash holds it.
std::string packed(const dkim::Digest& digest);
/// The reverse; nothing for what packed() never gave.
std::optional<dkim::Digest> unpacked(std::string_view stored);

/// The octets of a body, piece by piece, against what packed() gave.
class BodyCheck {
public:
    explicit BodyCheck(const std::string& stored);
    void update(std::string_view octets) { hash_.update(octets); }
    /// Once, at the end.
    [[nodiscard]] bool matches();

private:
    std::string stored_;
    dkim::BodyHash hash_;
};

}  // namespace relay
