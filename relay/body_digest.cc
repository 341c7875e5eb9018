#include "relay/body_digest.h"

namespace relay {

std::string packed(const dkim::Digest& digest) {
    std::string result(1, digest.canonicalization == conf::Canonicalization::Simple ? 's' : 'r');
    result.append(digest.sha256.begin(), digest.sha256.end());
    return result;
}

BodyCheck::BodyCheck(const std::string& stored)
    : stored_(stored),
      hash_(stored.starts_with('s') ? conf::Canonicalization::Simple
                                    : conf::Canonicalization::Relaxed) {}

bool BodyCheck::matches() {
    return packed(hash_.finish()) == stored_;
}

}  // namespace relay
