// PublicKey: the key of a published record, as verifiers use it.
//
// Standards: RFC 6376 3.3.2, 3.6.1 and 6.1.3, RFC 8301 3.2 (RSA from 1024 bits on), RFC 8463
// (Ed25519). Threads:   immutable; safe from several threads.
#pragma once

#include <memory>
#include <string_view>

#include <openssl/evp.h>

#include "conf/result.h"
#include "dkim/key.h"
#include "dkim/sha256.h"

namespace dkim {

class PublicKey {
public:
    /// Of any size: what is too small or too large is the caller's rule.
    /// Errors: BadRecord where p= holds no key of the type in k=.
    static conf::Result<PublicKey> read(const PublicRecord& record);

    [[nodiscard]] KeyType type() const { return type_; }
    [[nodiscard]] int bits() const;
    /// True where `signature` is one over a text with this SHA-256 digest.
    [[nodiscard]] bool verifies(const Sha256Digest& digest, std::string_view signature) const;

private:
    std::shared_ptr<EVP_PKEY> key_;
    KeyType type_ = KeyType::Rsa;
};

/// The same with a key of the library.
bool verifies(EVP_PKEY* key, KeyType type, const Sha256Digest& digest, std::string_view signature);

}  // namespace dkim
