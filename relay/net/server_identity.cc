#include <cstdio>
#include <string_view>

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509err.h>
#include <openssl/x509v3.h>

#include "relay/net/tls.h"

namespace relay::net {

namespace {

struct FreeContext {
    void operator()(SSL_CTX* context) const { SSL_CTX_free(context); }
};

/// What OpenSSL says went wrong, in `file`; its queue is empty afterwards.
conf::Error fault(const std::string& file, std::string_view doing) {
    // The first one is the system's where a file could not be read; the others only pass it on.
    const unsigned long first = ERR_peek_error();
    const unsigned long code = ERR_SYSTEM_ERROR(first) ? first : ERR_peek_last_error();
    const char* reason = ERR_reason_error_string(code);
    std::string text = file + ": " + std::string(doing);
    if (ERR_SYSTEM_ERROR(code)) {
        text += ": " + std::generic_category().message(ERR_GET_REASON(code));
    } else if (reason != nullptr) {
        text += ": " + std::string(reason);
    }
    ERR_clear_error();
    return conf::Error{{}, std::move(text)};
}

/// A key under a pass phrase would make OpenSSL ask the terminal of a server.
int no_pass_phrase(char*, int, int, void*) {
    return 0;
}

/// A certificate that no CA of ours vouches for authenticates nobody, and is no reason to refuse
/// the connection: many clients show one to everybody.
int let_pass(int, X509_STORE_CTX*) {
    return 1;
}

}  // namespace

conf::Result<std::shared_ptr<const ServerIdentity>> ServerIdentity::load(
    const std::string& certificate, const std::string& key, const std::string& client_ca) {
    ERR_clear_error();
    std::unique_ptr<SSL_CTX, FreeContext> context(SSL_CTX_new(TLS_server_method()));
    if (!context) {
        return fault("TLS", "cannot be set up");
    }
    SSL_CTX* const ctx = context.get();
    // RFC 8996: TLS 1.0 and 1.1 MUST NOT be used.
    SSL_CTX_set_min_proto_version(ctx, TLS1_2_VERSION);
    // RFC 9325 4.1 and 4.2: forward secrecy, no static RSA; the AES-CBC suites stay for old
    // printers.
    SSL_CTX_set_cipher_list(ctx, "ECDHE+AESGCM:ECDHE+CHACHA20:ECDHE+AES:!aNULL:!eNULL");
    SSL_CTX_set_options(
        ctx, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION | SSL_OP_CIPHER_SERVER_PREFERENCE);
    // An idle connection keeps no buffers.
    SSL_CTX_set_mode(ctx, SSL_MODE_RELEASE_BUFFERS);
    SSL_CTX_set_session_cache_mode(ctx, SSL_SESS_CACHE_OFF);
    SSL_CTX_set_default_passwd_cb(ctx, no_pass_phrase);
    if (SSL_CTX_use_certificate_chain_file(ctx, certificate.c_str()) != 1) {
        return fault(certificate, "no usable certificate");
    }
    if (X509_cmp_current_time(X509_get0_notAfter(SSL_CTX_get0_certificate(ctx))) < 0) {
        return conf::Error{{}, certificate + ": the certificate has expired"};
    }
    const bool taken = SSL_CTX_use_PrivateKey_file(ctx, key.c_str(), SSL_FILETYPE_PEM) == 1;
    // A key of another type than the certificate's is taken, but for a certificate that is not
    // there: no handshake would succeed.
    if (!taken || SSL_CTX_check_private_key(ctx) != 1) {
        const int reason = ERR_GET_REASON(ERR_peek_last_error());
        const bool other =
            taken || reason == X509_R_KEY_VALUES_MISMATCH || reason == X509_R_KEY_TYPE_MISMATCH;
        return fault(key, other ? "does not fit the certificate " + certificate : "no usable key");
    }
    if (!client_ca.empty()) {
        if (SSL_CTX_load_verify_locations(ctx, client_ca.c_str(), nullptr) != 1) {
            return fault(client_ca, "no usable CA certificates");
        }
        SSL_CTX_set_client_CA_list(ctx, SSL_load_client_CA_file(client_ca.c_str()));
        SSL_CTX_set_verify(ctx, SSL_VERIFY_PEER, let_pass);
        // A resumed session would carry a certificate that is not looked at again.
        SSL_CTX_set_options(ctx, SSL_OP_NO_TICKET);
        SSL_CTX_set_num_tickets(ctx, 0);
    }
    return std::shared_ptr<const ServerIdentity>(new ServerIdentity(context.release()));
}

ServerIdentity::~ServerIdentity() {
    SSL_CTX_free(context_);
}

}  // namespace relay::net
