// Signatures with any tags, made by the slow reference, and a verifier fed like a receiver.
#pragma once

#include <map>
#include <ostream>
#include <string>
#include <vector>

#include "dkim/key.h"
#include "dkim/verdict.h"

namespace dkim {

/// For GoogleTest.
inline void PrintTo(const Verdict& verdict, std::ostream* out) {
    *out << name_of(verdict.kind) << ": " << verdict.reason;
}

}  // namespace dkim

namespace test {

/// A whole DKIM-Signature field: `tags`, then bh= (unless `tags` has one), then b= as last tag. c=,
/// l= and h= of `tags` are obeyed.
std::string made_signature(const std::string& tags,
                           const std::string& block,
                           const std::string& body,
                           const dkim::PrivateKey& key);

/// TXT records by name; a name without one has "no such record", a name in `silent` does not
/// answer.
struct Zone {
    std::map<std::string, std::vector<std::string>> records;
    std::string silent;
};

/// The verdicts on the message of `block` (all its fields) and `body`, which comes in odd pieces.
/// Nothing where the header cannot be parsed.
std::vector<dkim::Verdict> judged(const std::string& block,
                                  const std::string& body,
                                  const Zone& zone,
                                  long long now_seconds = 1780300000);

}  // namespace test
