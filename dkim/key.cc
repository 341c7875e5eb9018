#include "dkim/key.h"

#include <array>

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>

#include "conf/base64.h"
#include "dkim/errors.h"
#include "dkim/key_file.h"
#include "dkim/public_key.h"
#include "dkim/sha256.h"

namespace dkim {
namespace {

constexpr int kMinRsaBits = 2048;
// RFC 8301 3.2: verifiers need not accept more.
constexpr int kMaxRsaBits = 4096;

template <auto Function>
struct Free {
    template <class T>
    void operator()(T* object) const {
        Function(object);
    }
};
using Key = std::unique_ptr<EVP_PKEY, Free<EVP_PKEY_free>>;
using KeyContext = std::unique_ptr<EVP_PKEY_CTX, Free<EVP_PKEY_CTX_free>>;
using DigestContext = std::unique_ptr<EVP_MD_CTX, Free<EVP_MD_CTX_free>>;
using Bio = std::unique_ptr<BIO, Free<BIO_free>>;

// The reason that the library gave last, and an empty error queue.
std::string library_reason() {
    const unsigned long code = ERR_peek_last_error();
    const char* const reason = code == 0 ? nullptr : ERR_reason_error_string(code);
    ERR_clear_error();
    return reason != nullptr ? reason : "no reason given";
}

// Never asks anybody; remembers that a passphrase was wanted.
int refuse_passphrase(char* /*buffer*/, int /*size*/, int /*writing*/, void* asked) {
    *static_cast<bool*>(asked) = true;
    return -1;
}

KeyContext rsa_signing(EVP_PKEY* key) {
    KeyContext context(EVP_PKEY_CTX_new_from_pkey(nullptr, key, nullptr));
    // RFC 6376 3.3.2: RSASSA-PKCS1-v1_5 with SHA-256
    if (!context || EVP_PKEY_sign_init(context.get()) != 1 ||
        EVP_PKEY_CTX_set_rsa_padding(context.get(), RSA_PKCS1_PADDING) != 1 ||
        EVP_PKEY_CTX_set_signature_md(context.get(), sha256_method()) != 1) {
        return nullptr;
    }
    return context;
}

DigestContext ed25519_signing(EVP_PKEY* key) {
    DigestContext context(EVP_MD_CTX_new());
    if (!context || EVP_DigestSignInit(context.get(), nullptr, nullptr, nullptr, key) != 1) {
        return nullptr;
    }
    return context;
}

}  // namespace

// Key and prepared contexts are never changed after load. Each signature works on a copy of the
// context: that costs about a microsecond, where a new one looks up its algorithms under a lock of
// the library first.
struct PrivateKey::State {
    Key key;
    KeyType type = KeyType::Rsa;
    int bits = 0;
    KeyContext rsa;
    DigestContext ed25519;

    [[nodiscard]] conf::Result<std::string> sign_digest(const Sha256Digest& digest) const {
        std::array<unsigned char, kMaxRsaBits / 8> signature;
        std::size_t size = signature.size();
        bool done = false;
        switch (type) {
            case KeyType::Rsa: {
                const KeyContext context(EVP_PKEY_CTX_dup(rsa.get()));
                done =
                    context &&
                    EVP_PKEY_sign(
                        context.get(), signature.data(), &size, digest.data(), digest.size()) == 1;
                break;
            }
            case KeyType::Ed25519: {
                const DigestContext context(EVP_MD_CTX_new());
                done =
                    context && EVP_MD_CTX_copy_ex(context.get(), ed25519.get()) == 1 &&
                    EVP_DigestSign(
                        context.get(), signature.data(), &size, digest.data(), digest.size()) == 1;
                break;
            }
        }
        if (!done) {
            return error(errc::SigningFailed, library_reason());
        }
        return std::string(reinterpret_cast<const char*>(signature.data()), size);
    }

    // Takes a key of any kind; returns a state that has signed once.
    static conf::Result<std::shared_ptr<const State>> adopt(Key key) {
        auto state = std::make_shared<State>();
        state->bits = EVP_PKEY_get_bits(key.get());
        const int id = EVP_PKEY_get_base_id(key.get());
        if (id == EVP_PKEY_RSA) {
            // RFC 8301 3.2: Signers ... SHOULD use RSA keys of at least 2048 bits.
            if (state->bits < kMinRsaBits) {
                return error(errc::KeyTooSmall,
                             "RSA with " + std::to_string(state->bits) +
                                 " bits: make a new one with 2048 or more");
            }
            if (state->bits > kMaxRsaBits) {
                return error(errc::KeyUnsupported,
                             "RSA with " + std::to_string(state->bits) +
                                 " bits: verifiers need not accept more than 4096");
            }
            state->rsa = rsa_signing(key.get());
        } else if (id == EVP_PKEY_ED25519) {
            state->type = KeyType::Ed25519;
            state->ed25519 = ed25519_signing(key.get());
        } else {
            const char* const name = EVP_PKEY_get0_type_name(key.get());
            return error(errc::KeyUnsupported,
                         std::string(name != nullptr ? name : "an unknown type") +
                             ": only RSA and Ed25519 exist for DKIM");
        }
        if (!state->rsa && !state->ed25519) {
            return error(errc::KeyFaulty, library_reason());
        }
        state->key = std::move(key);
        const Sha256Digest digest = sha256("signet");
        const conf::Result<std::string> signature = state->sign_digest(digest);
        if (!signature || !verifies(state->key.get(), state->type, digest, *signature)) {
            ERR_clear_error();
            return error(errc::KeyFaulty, "its private part does not belong to its public part");
        }
        return std::shared_ptr<const State>(std::move(state));
    }
};

conf::Result<PrivateKey> PrivateKey::load(const std::string& path, bool allow_world_readable) {
    const conf::Result<SecretText> secret = read_key_file(path, allow_world_readable);
    if (!secret) {
        return secret.error();
    }
    conf::Result<PrivateKey> key = parse(secret->text());
    if (!key) {
        return conf::Error{key.error().code, path + ": " + key.error().detail};
    }
    return key;
}

conf::Result<PrivateKey> PrivateKey::parse(std::string_view pem) {
    if (pem.size() > SecretText::kCapacity) {
        return error(errc::KeyMalformed, "larger than any key (64 KiB)");
    }
    ERR_clear_error();
    const Bio bio(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
    bool asked = false;
    Key parsed(bio ? PEM_read_bio_PrivateKey(bio.get(), nullptr, refuse_passphrase, &asked)
                   : nullptr);
    ERR_clear_error();
    if (asked) {
        return error(
            errc::KeyMalformed,
            "it is encrypted: store it without a passphrase (openssl pkey -in OLD -out NEW)");
    }
    if (!parsed) {
        return error(errc::KeyMalformed,
                     pem.find("PUBLIC KEY-----") != std::string_view::npos
                         ? "it holds a public key only: name the private key's file"
                         : "no private key in PEM form");
    }
    conf::Result<std::shared_ptr<const State>> state = State::adopt(std::move(parsed));
    if (!state) {
        return state.error();
    }
    PrivateKey key;
    key.state_ = std::move(*state);
    return key;
}

conf::Result<PrivateKey> PrivateKey::create(KeyType type, int bits) {
    ERR_clear_error();
    Key made;
    switch (type) {
        case KeyType::Rsa:
            if (bits < kMinRsaBits || bits > kMaxRsaBits) {
                return error(bits < kMinRsaBits ? errc::KeyTooSmall : errc::KeyUnsupported,
                             "RSA with " + std::to_string(bits) + " bits: choose 2048 to 4096");
            }
            made.reset(EVP_PKEY_Q_keygen(nullptr, nullptr, "RSA", static_cast<std::size_t>(bits)));
            break;
        case KeyType::Ed25519:
            made.reset(EVP_PKEY_Q_keygen(nullptr, nullptr, "ED25519"));
            break;
    }
    if (!made) {
        return error(errc::KeyFaulty, library_reason());
    }
    conf::Result<std::shared_ptr<const State>> state = State::adopt(std::move(made));
    if (!state) {
        return state.error();
    }
    PrivateKey key;
    key.state_ = std::move(*state);
    return key;
}

KeyType PrivateKey::type() const {
    return state_->type;
}

int PrivateKey::bits() const {
    return state_->bits;
}

std::string PrivateKey::pem() const {
    // Memory that the library wipes when it is freed.
    const Bio bio(BIO_new(BIO_s_secmem()));
    if (!bio || PEM_write_bio_PKCS8PrivateKey(
                    bio.get(), state_->key.get(), nullptr, nullptr, 0, nullptr, nullptr) != 1) {
        ERR_clear_error();
        return {};
    }
    char* text = nullptr;
    const long size = BIO_get_mem_data(bio.get(), &text);
    return {text, static_cast<std::size_t>(size)};
}

std::string PrivateKey::record() const {
    // RFC 6376 3.6.1, RFC 8463 4
    std::string value = "v=DKIM1; k=";
    value += type() == KeyType::Rsa ? "rsa" : "ed25519";
    value += "; p=";
    value += conf::encode_base64(public_octets());
    return value;
}

std::string PrivateKey::public_octets() const {
    switch (state_->type) {
        case KeyType::Rsa: {
            unsigned char* der = nullptr;
            const int size = i2d_PUBKEY(state_->key.get(), &der);
            if (size <= 0) {
                ERR_clear_error();
                return {};
            }
            std::string octets(reinterpret_cast<const char*>(der), static_cast<std::size_t>(size));
            OPENSSL_free(der);
            return octets;
        }
        case KeyType::Ed25519: {
            std::array<unsigned char, 32> raw{};
            std::size_t size = raw.size();
            if (EVP_PKEY_get_raw_public_key(state_->key.get(), raw.data(), &size) != 1) {
                ERR_clear_error();
                return {};
            }
            return {reinterpret_cast<const char*>(raw.data()), size};
        }
    }
    return {};
}

conf::Result<std::string> PrivateKey::sign(std::string_view data) const {
    return state_->sign_digest(sha256(data));
}

}  // namespace dkim
