// A verifier of one signature, written from RFC 6376 6.1 with the reference canonicalization, for
// the signer's tests.
#pragma once

#include <string>

namespace test {

/// Verifies the signature in `own_field` (a whole DKIM-Signature field) over the fields of `block`
/// and `body` with the key in `record` (the TXT value). Returns "good" or what is wrong.
std::string verified(const std::string& own_field,
                     const std::string& block,
                     const std::string& body,
                     const std::string& record);

}  // namespace test
