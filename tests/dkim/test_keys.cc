#include "tests/dkim/test_keys.h"

#include <cstring>
#include <memory>

#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/params.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

namespace test {
namespace {

std::string text_of(BIO* bio) {
    char* text = nullptr;
    const long size = BIO_get_mem_data(bio, &text);
    std::string out(text, static_cast<std::size_t>(size));
    BIO_free(bio);
    return out;
}

std::string pem_of(EVP_PKEY* key, const char* passphrase = nullptr) {
    BIO* bio = BIO_new(BIO_s_mem());
    PEM_write_bio_PKCS8PrivateKey(
        bio,
        key,
        passphrase != nullptr ? EVP_aes_256_cbc() : nullptr,
        passphrase,
        passphrase != nullptr ? static_cast<int>(std::strlen(passphrase)) : 0,
        nullptr,
        nullptr);
    return text_of(bio);
}

EVP_PKEY* parsed(const std::string& pem) {
    BIO* bio = BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size()));
    EVP_PKEY* key = PEM_read_bio_PrivateKey(bio, nullptr, nullptr, nullptr);
    BIO_free(bio);
    return key;
}

}  // namespace

const dkim::PrivateKey& rsa_key() {
    static const dkim::PrivateKey key = dkim::PrivateKey::create(dkim::KeyType::Rsa, 2048).value();
    return key;
}

const dkim::PrivateKey& other_rsa_key() {
    static const dkim::PrivateKey key = dkim::PrivateKey::create(dkim::KeyType::Rsa, 2048).value();
    return key;
}

const dkim::PrivateKey& ed25519_key() {
    static const dkim::PrivateKey key = dkim::PrivateKey::create(dkim::KeyType::Ed25519, 0).value();
    return key;
}

std::string foreign_pem(const char* type, unsigned bits) {
    EVP_PKEY_CTX* context = EVP_PKEY_CTX_new_from_name(nullptr, type, nullptr);
    EVP_PKEY_keygen_init(context);
    if (std::strcmp(type, "EC") == 0) {
        EVP_PKEY_CTX_set_group_name(context, "P-256");
    } else {
        const OSSL_PARAM parameters[] = {OSSL_PARAM_construct_uint(OSSL_PKEY_PARAM_RSA_BITS, &bits),
                                         OSSL_PARAM_construct_end()};
        EVP_PKEY_CTX_set_params(context, parameters);
    }
    EVP_PKEY* key = nullptr;
    EVP_PKEY_generate(context, &key);
    std::string pem = pem_of(key);
    EVP_PKEY_free(key);
    EVP_PKEY_CTX_free(context);
    return pem;
}

std::string rsa_public_octets(unsigned bits) {
    EVP_PKEY* key = parsed(foreign_pem("RSA", bits));
    unsigned char* der = nullptr;
    const int size = i2d_PUBKEY(key, &der);
    std::string octets(reinterpret_cast<const char*>(der), static_cast<std::size_t>(size));
    OPENSSL_free(der);
    EVP_PKEY_free(key);
    return octets;
}

std::string faulty_pem() {
    EVP_PKEY* good = parsed(rsa_key().pem());
    OSSL_PARAM* parts = nullptr;
    EVP_PKEY_todata(good, EVP_PKEY_KEYPAIR, &parts);
    // Both, since the library falls back from the one to the other.
    for (const char* name : {OSSL_PKEY_PARAM_RSA_D, OSSL_PKEY_PARAM_RSA_EXPONENT1}) {
        static_cast<unsigned char*>(OSSL_PARAM_locate(parts, name)->data)[5] ^= 4;
    }
    EVP_PKEY_CTX* context = EVP_PKEY_CTX_new_from_name(nullptr, "RSA", nullptr);
    EVP_PKEY* key = nullptr;
    EVP_PKEY_fromdata_init(context);
    EVP_PKEY_fromdata(context, &key, EVP_PKEY_KEYPAIR, parts);
    std::string pem = pem_of(key);
    EVP_PKEY_free(key);
    EVP_PKEY_CTX_free(context);
    OSSL_PARAM_free(parts);
    EVP_PKEY_free(good);
    return pem;
}

std::string encrypted_pem(const char* passphrase) {
    EVP_PKEY* key = parsed(rsa_key().pem());
    std::string pem = pem_of(key, passphrase);
    EVP_PKEY_free(key);
    return pem;
}

std::string public_pem() {
    EVP_PKEY* key = parsed(rsa_key().pem());
    BIO* bio = BIO_new(BIO_s_mem());
    PEM_write_bio_PUBKEY(bio, key);
    EVP_PKEY_free(key);
    return text_of(bio);
}

bool verifies(dkim::KeyType type,
              const std::string& public_octets,
              const std::string& data,
              const std::string& signature) {
    const auto* octets = reinterpret_cast<const unsigned char*>(public_octets.data());
    const auto* signed_by = reinterpret_cast<const unsigned char*>(signature.data());
    unsigned char digest[32];
    EVP_Digest(data.data(), data.size(), digest, nullptr, EVP_sha256(), nullptr);
    const bool rsa = type == dkim::KeyType::Rsa;
    EVP_PKEY* key =
        rsa ? d2i_PUBKEY(nullptr, &octets, static_cast<long>(public_octets.size()))
            : EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, nullptr, octets, public_octets.size());
    EVP_MD_CTX* context = EVP_MD_CTX_new();
    bool good = false;
    if (rsa) {
        good = EVP_DigestVerifyInit(context, nullptr, EVP_sha256(), nullptr, key) == 1 &&
               EVP_DigestVerify(context,
                                signed_by,
                                signature.size(),
                                reinterpret_cast<const unsigned char*>(data.data()),
                                data.size()) == 1;
    } else {
        good = EVP_DigestVerifyInit(context, nullptr, nullptr, nullptr, key) == 1 &&
               EVP_DigestVerify(context, signed_by, signature.size(), digest, sizeof digest) == 1;
    }
    EVP_MD_CTX_free(context);
    EVP_PKEY_free(key);
    return good;
}

}  // namespace test
