#include "relay/smtp/scram_keys.h"

#include <cassert>
#include <stdexcept>

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/sha.h>

#include "relay/smtp/sasl.h"

namespace relay::smtp {

namespace {

constexpr std::size_t kLength = SHA256_DIGEST_LENGTH;

unsigned char* octets_of(std::string& text) {
    return reinterpret_cast<unsigned char*>(text.data());
}

const unsigned char* octets_of(std::string_view text) {
    return reinterpret_cast<const unsigned char*>(text.data());
}

std::string hmac(std::string_view key, std::string_view text) {
    std::string digest(kLength, '\0');
    unsigned length = 0;
    if (HMAC(EVP_sha256(),
             key.data(),
             static_cast<int>(key.size()),
             octets_of(text),
             text.size(),
             octets_of(digest),
             &length) == nullptr ||
        length != kLength) {
        throw std::runtime_error("HMAC-SHA-256 failed");
    }
    return digest;
}

std::string hash(std::string_view text) {
    std::string digest(kLength, '\0');
    if (SHA256(octets_of(text), text.size(), octets_of(digest)) == nullptr) {
        throw std::runtime_error("SHA-256 failed");
    }
    return digest;
}

bool same_octets(std::string_view left, std::string_view right) {
    return left.size() == right.size() &&
           CRYPTO_memcmp(left.data(), right.data(), left.size()) == 0;
}

/// A string that is wiped when it goes.
struct Secret {
    std::string octets;

    explicit Secret(std::string text) : octets(std::move(text)) {}
    ~Secret() { wipe(octets); }
    Secret(const Secret&) = delete;
    Secret& operator=(const Secret&) = delete;
};

// RFC 5802 2.2, 3: SaltedPassword := Hi(Normalize(password), salt, i)
// NB: Normalize is left out: SASLprep (RFC 4013) and its successor (RFC 7613) fold spellings of one
// text into another, which needs tables of Unicode; a password is its octets here. One of ASCII
// is the same either way.
std::string salted(std::string_view password, std::string_view salt, int iterations) {
    std::string digest(kLength, '\0');
    if (PKCS5_PBKDF2_HMAC(password.data(),
                          static_cast<int>(password.size()),
                          octets_of(salt),
                          static_cast<int>(salt.size()),
                          iterations,
                          EVP_sha256(),
                          static_cast<int>(digest.size()),
                          octets_of(digest)) != 1) {
        throw std::runtime_error("PBKDF2 failed");
    }
    return digest;
}

// ClientKey := HMAC(SaltedPassword, "Client Key"); StoredKey := H(ClientKey)
std::string stored_key_of(const Secret& salted_password) {
    const Secret client_key(hmac(salted_password.octets, "Client Key"));
    return hash(client_key.octets);
}

}  // namespace

void wipe(std::string& secret) {
    // Short strings live inside the object: all that it has room for goes.
    secret.resize(secret.capacity());
    OPENSSL_cleanse(secret.data(), secret.size());
    secret.clear();
}

bool proves(const conf::ScramVerifier& verifier,
            std::string_view proof,
            std::string_view auth_message) {
    // RFC 5802 3: ClientSignature := HMAC(StoredKey, AuthMessage)
    const std::string signature = hmac(verifier.stored_key, auth_message);
    if (proof.size() != signature.size()) {
        return false;
    }
    // ClientProof := ClientKey XOR ClientSignature; the server takes the ClientKey back out of it
    // and compares its hash with StoredKey.
    Secret client_key(std::string(kLength, '\0'));
    for (std::size_t i = 0; i < signature.size(); ++i) {
        client_key.octets[i] = static_cast<char>(proof[i] ^ signature[i]);
    }
    return same_octets(hash(client_key.octets), verifier.stored_key);
}

std::string server_signature(const conf::ScramVerifier& verifier, std::string_view auth_message) {
    // RFC 5802 3: ServerSignature := HMAC(ServerKey, AuthMessage)
    return hmac(verifier.server_key, auth_message);
}

bool password_matches(const conf::ScramVerifier& verifier, std::string_view password) {
    const Secret salted_password(salted(password, verifier.salt, verifier.iterations));
    return same_octets(stored_key_of(salted_password), verifier.stored_key);
}

conf::ScramVerifier make_verifier(std::string_view password, std::string salt, int iterations) {
    assert(!salt.empty() && iterations > 0);
    const Secret salted_password(salted(password, salt, iterations));
    // ServerKey := HMAC(SaltedPassword, "Server Key")
    return {iterations,
            std::move(salt),
            stored_key_of(salted_password),
            hmac(salted_password.octets, "Server Key")};
}

}  // namespace relay::smtp
