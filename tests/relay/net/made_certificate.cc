#include "tests/relay/net/made_certificate.h"

#include <atomic>
#include <cstdio>
#include <fstream>
#include <stdexcept>

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

namespace relay::net {

namespace {

constexpr long kDay = 24 * 60 * 60;

/// OpenSSL's functions of interest give null or 0 when they fail.
template <class T>
T made(T result, const char* what) {
    if (!result) {
        const char* reason = ERR_reason_error_string(ERR_peek_last_error());
        throw std::runtime_error(std::string(what) + ": " + (reason != nullptr ? reason : "?"));
    }
    return result;
}

EVP_PKEY* new_key(KeyKind kind) {
    return kind == KeyKind::Rsa ? EVP_PKEY_Q_keygen(nullptr, nullptr, "RSA", std::size_t{2048})
                                : EVP_PKEY_Q_keygen(nullptr, nullptr, "EC", "P-256");
}

void extend(X509* certificate, int kind, const std::string& text) {
    X509_EXTENSION* extension =
        made(X509V3_EXT_conf_nid(nullptr, nullptr, kind, text.c_str()), "extension");
    made(X509_add_ext(certificate, extension, -1), "X509_add_ext");
    X509_EXTENSION_free(extension);
}

/// By hand, so that names may hold what no tool would write.
void add_alternatives(X509* certificate, const Subject& subject) {
    if (subject.alternatives.empty()) {
        return;
    }
    GENERAL_NAMES* names = made(sk_GENERAL_NAME_new_null(), "names");
    for (const auto& [type, octets] : subject.alternatives) {
        ASN1_IA5STRING* text = made(ASN1_IA5STRING_new(), "text");
        made(ASN1_STRING_set(text, octets.data(), static_cast<int>(octets.size())), "text");
        GENERAL_NAME* name = made(GENERAL_NAME_new(), "name");
        GENERAL_NAME_set0_value(name, type, text);
        made(sk_GENERAL_NAME_push(names, name), "push");
    }
    made(X509_add1_ext_i2d(certificate, NID_subject_alt_name, names, 0, 0), "subjectAltName");
    GENERAL_NAMES_free(names);
}

struct FreeBio {
    void operator()(BIO* bio) const { BIO_free(bio); }
};

template <class Write>
std::string pem(Write write) {
    const std::unique_ptr<BIO, FreeBio> bio(made(BIO_new(BIO_s_mem()), "BIO_new"));
    made(write(bio.get()), "PEM");
    std::string text(BIO_ctrl_pending(bio.get()), '\0');
    made(BIO_read(bio.get(), text.data(), static_cast<int>(text.size())) > 0, "BIO_read");
    return text;
}

}  // namespace

MadeCertificate::MadeCertificate(const Subject& subject, const MadeCertificate* issuer)
    : key_(made(new_key(subject.kind), "key")), certificate_(made(X509_new(), "X509_new")) {
    static std::atomic<long> serial{1};
    X509* const x509 = certificate_.get();
    X509_set_version(x509, X509_VERSION_3);
    ASN1_INTEGER_set(X509_get_serialNumber(x509), serial++);
    X509_gmtime_adj(X509_getm_notBefore(x509), -kDay);
    X509_gmtime_adj(X509_getm_notAfter(x509), subject.days * kDay);
    X509_set_pubkey(x509, key_.get());
    const auto* name = reinterpret_cast<const unsigned char*>(subject.common_name.data());
    if (!subject.common_name.empty()) {
        made(X509_NAME_add_entry_by_txt(X509_get_subject_name(x509),
                                        "CN",
                                        MBSTRING_UTF8,
                                        name,
                                        static_cast<int>(subject.common_name.size()),
                                        -1,
                                        0),
             "CN");
    }
    const X509* by = issuer != nullptr ? issuer->certificate_.get() : x509;
    X509_set_issuer_name(x509, X509_get_subject_name(by));
    if (subject.is_ca) {
        extend(x509, NID_basic_constraints, "critical,CA:TRUE");
    }
    if (!subject.usage.empty()) {
        extend(x509, NID_ext_key_usage, subject.usage);
    }
    add_alternatives(x509, subject);
    EVP_PKEY* const signer = issuer != nullptr ? issuer->key_.get() : key_.get();
    made(X509_sign(x509, signer, EVP_sha256()), "X509_sign");
}

std::string MadeCertificate::certificate_pem() const {
    return pem([&](BIO* bio) { return PEM_write_bio_X509(bio, certificate_.get()); });
}

std::string MadeCertificate::key_pem(const std::string& pass_phrase) const {
    const EVP_CIPHER* cipher = pass_phrase.empty() ? nullptr : EVP_aes_256_cbc();
    return pem([&](BIO* bio) {
        return PEM_write_bio_PKCS8PrivateKey(bio,
                                             key_.get(),
                                             cipher,
                                             pass_phrase.data(),
                                             static_cast<int>(pass_phrase.size()),
                                             nullptr,
                                             nullptr);
    });
}

void write_file(const std::string& path, const std::string& text) {
    const std::string fresh = path + ".new";
    std::ofstream file(fresh, std::ios::binary);
    file << text;
    file.close();
    if (!file || std::rename(fresh.c_str(), path.c_str()) != 0) {
        throw std::runtime_error("cannot write " + path);
    }
}

}  // namespace relay::net
