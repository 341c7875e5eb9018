#include "dkim/public_key.h"

#include <openssl/err.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>

#include "dkim/errors.h"

namespace dkim {
namespace {

struct Free {
    void operator()(EVP_PKEY* key) const { EVP_PKEY_free(key); }
    void operator()(EVP_PKEY_CTX* context) const { EVP_PKEY_CTX_free(context); }
    void operator()(EVP_MD_CTX* context) const { EVP_MD_CTX_free(context); }
};
using Key = std::unique_ptr<EVP_PKEY, Free>;

const unsigned char* octets_of(std::string_view text) {
    return reinterpret_cast<const unsigned char*>(text.data());
}

/// RFC 6376 3.6.1 names RSAPublicKey, everybody publishes SubjectPublicKeyInfo;
/// both are read, with nothing behind them.
Key read_rsa(std::string_view octets) {
    const auto size = static_cast<long>(octets.size());
    const unsigned char* at = octets_of(octets);
    Key key(d2i_PUBKEY(nullptr, &at, size));
    if (!key) {
        at = octets_of(octets);
        key.reset(d2i_PublicKey(EVP_PKEY_RSA, nullptr, &at, size));
    }
    if (!key || at != octets_of(octets) + size || EVP_PKEY_get_base_id(key.get()) != EVP_PKEY_RSA) {
        return nullptr;
    }
    return key;
}

/// RFC 8463 4: the 32 octets of the key, and nothing around them.
Key read_ed25519(std::string_view octets) {
    constexpr std::size_t kSize = 32;
    return octets.size() == kSize ? Key(EVP_PKEY_new_raw_public_key(
                                        EVP_PKEY_ED25519, nullptr, octets_of(octets), kSize))
                                  : nullptr;
}

/// RFC 6376 3.3.2: RSASSA-PKCS1-v1_5 with SHA-256
bool verifies_rsa(EVP_PKEY* key, const Sha256Digest& digest, std::string_view signature) {
    const std::unique_ptr<EVP_PKEY_CTX, Free> context(
        EVP_PKEY_CTX_new_from_pkey(nullptr, key, nullptr));
    return context && EVP_PKEY_verify_init(context.get()) == 1 &&
           EVP_PKEY_CTX_set_rsa_padding(context.get(), RSA_PKCS1_PADDING) == 1 &&
           EVP_PKEY_CTX_set_signature_md(context.get(), sha256_method()) == 1 &&
           EVP_PKEY_verify(context.get(),
                           octets_of(signature),
                           signature.size(),
                           digest.data(),
                           digest.size()) == 1;
}

/// RFC 8463 3: PureEdDSA over the SHA-256 hash.
bool verifies_ed25519(EVP_PKEY* key, const Sha256Digest& digest, std::string_view signature) {
    const std::unique_ptr<EVP_MD_CTX, Free> context(EVP_MD_CTX_new());
    return context && EVP_DigestVerifyInit(context.get(), nullptr, nullptr, nullptr, key) == 1 &&
           EVP_DigestVerify(context.get(),
                            octets_of(signature),
                            signature.size(),
                            digest.data(),
                            digest.size()) == 1;
}

}  // namespace

bool verifies(EVP_PKEY* key, KeyType type, const Sha256Digest& digest, std::string_view signature) {
    bool good = false;
    switch (type) {
        case KeyType::Rsa:
            good = verifies_rsa(key, digest, signature);
            break;
        case KeyType::Ed25519:
            good = verifies_ed25519(key, digest, signature);
            break;
    }
    ERR_clear_error();
    return good;
}

conf::Result<PublicKey> PublicKey::read(const PublicRecord& record) {
    Key key;
    switch (record.type) {
        case KeyType::Rsa:
            key = read_rsa(record.key);
            break;
        case KeyType::Ed25519:
            key = read_ed25519(record.key);
            break;
    }
    ERR_clear_error();
    if (!key) {
        return error(errc::BadRecord, "p= holds no key of the type in k=");
    }
    PublicKey result;
    result.key_ = std::shared_ptr<EVP_PKEY>(std::move(key));
    result.type_ = record.type;
    return result;
}

int PublicKey::bits() const {
    return EVP_PKEY_get_bits(key_.get());
}

bool PublicKey::verifies(const Sha256Digest& digest, std::string_view signature) const {
    return dkim::verifies(key_.get(), type_, digest, signature);
}

}  // namespace dkim
