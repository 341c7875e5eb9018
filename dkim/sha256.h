// Sha256: the one hash of DKIM (RFC 8301 forbids SHA-1).
//
// Standards: FIPS 180-4.
// Threads:   one owner at a time; sha256() from any thread.
// Errors:    none; a library without SHA-256 ends the program.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <string_view>

#include <openssl/evp.h>

namespace dkim {

using Sha256Digest = std::array<std::uint8_t, 32>;

class Sha256 {
public:
    Sha256();

    void update(std::string_view octets);
    /// Ends the hash and begins a new one.
    Sha256Digest finish();

private:
    struct Free {
        void operator()(EVP_MD_CTX* context) const { EVP_MD_CTX_free(context); }
    };
    std::unique_ptr<EVP_MD_CTX, Free> context_;
};

Sha256Digest sha256(std::string_view octets);

/// OpenSSL's implementation, looked up once: a look-up costs more than the hash of a header.
const EVP_MD* sha256_method();

}  // namespace dkim
