#include "relay/body_digest.h"

#include <algorithm>

namespace relay {

std::string packed(const dkim::Digest& digest) {
    std::string result(1, digest.canonicalization == conf::Canonicalization::Simple ? 's' : 'r');
    result.append(digest.sha256.begin(), digest.sha256.end());
    return result;
}

std::optional<dkim::Digest> unpacked(std::string_view stored) {
    dkim::Digest digest;
    if (stored.size() != 1 + digest.sha256.size()) {
        return std::nullopt;
    }
    digest.canonicalization =
        stored.front() == 's' ? conf::Canonicalization::Simple : conf::Canonicalization::Relaxed;
    std::copy(stored.begin() + 1, stored.end(), digest.sha256.begin());
    return digest;
}

BodyCheck::BodyCheck(const std::string& stored)
    : stored_(stored),
      hash_(stored.starts_with('s') ? conf::Canonicalization::Simple
                                    : conf::Canonicalization::Relaxed) {}

bool BodyCheck::matches() {
    return packed(hash_.finish()) == stored_;
}

}  // namespace relay
