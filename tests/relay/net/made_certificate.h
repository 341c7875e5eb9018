// MadeCertificate: a certificate with its key, made for one test.
//
// Standards: RFC 5280.     Errors: throws what OpenSSL says; a test ends there.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <openssl/evp.h>
#include <openssl/x509.h>

namespace relay::net {

enum class KeyKind : std::uint8_t { Ecdsa, Rsa };

struct Subject {
    std::string common_name;
    /// Type (GEN_EMAIL, GEN_DNS, GEN_URI) and octets of each subjectAltName.
    std::vector<std::pair<int, std::string>> alternatives{};
    std::string usage{};  // extendedKeyUsage in OpenSSL's words; empty is any
    bool is_ca = false;
    int days = 30;  // from yesterday until so many days from now
    KeyKind kind = KeyKind::Ecdsa;
};

class MadeCertificate {
public:
    /// Signed by `issuer`, or by itself.
    explicit MadeCertificate(const Subject& subject, const MadeCertificate* issuer = nullptr);

    [[nodiscard]] std::string certificate_pem() const;
    /// Under a pass phrase, unless that is empty.
    [[nodiscard]] std::string key_pem(const std::string& pass_phrase = {}) const;

private:
    struct Free {
        void operator()(X509* certificate) const { X509_free(certificate); }
        void operator()(EVP_PKEY* key) const { EVP_PKEY_free(key); }
    };
    std::unique_ptr<EVP_PKEY, Free> key_;
    std::unique_ptr<X509, Free> certificate_;
};

/// Replaces the file whole, as a renewal does.
void write_file(const std::string& path, const std::string& text);

}  // namespace relay::net
