#include "dkim/sha256.h"

#include <cstdlib>

namespace dkim {
namespace {

// Only a library that lacks SHA-256 or memory fails here; there is nothing that could still be
// signed.
void require(int success) {
    if (success != 1) {
        std::abort();
    }
}

}  // namespace

const EVP_MD* sha256_method() {
    static const EVP_MD* const kMethod = [] {
        const EVP_MD* method = EVP_MD_fetch(nullptr, "SHA256", nullptr);
        require(method != nullptr ? 1 : 0);
        return method;
    }();
    return kMethod;
}

Sha256::Sha256() : context_(EVP_MD_CTX_new()) {
    require(context_ ? 1 : 0);
    require(EVP_DigestInit_ex2(context_.get(), sha256_method(), nullptr));
}

void Sha256::update(std::string_view octets) {
    require(EVP_DigestUpdate(context_.get(), octets.data(), octets.size()));
}

Sha256Digest Sha256::finish() {
    Sha256Digest digest;
    require(EVP_DigestFinal_ex(context_.get(), digest.data(), nullptr));
    require(EVP_DigestInit_ex2(context_.get(), nullptr, nullptr));
    return digest;
}

Sha256Digest sha256(std::string_view octets) {
    thread_local Sha256 hash;
    hash.update(octets);
    return hash.finish();
}

}  // namespace dkim
