#include "tests/relay/net/tls_peer.h"

#include <algorithm>
#include <array>
#include <stdexcept>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>
#include <utility>

#include <gtest/gtest.h>
#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/pem.h>

namespace relay::net {

namespace {

void require(bool good, const char* what) {
    if (!good) {
        throw std::runtime_error(std::string("the client's TLS: ") + what);
    }
}

void show_certificate(SSL_CTX* context, const Offer& offer) {
    BIO* text = BIO_new_mem_buf(offer.certificate_pem.data(),
                                static_cast<int>(offer.certificate_pem.size()));
    X509* certificate = PEM_read_bio_X509(text, nullptr, nullptr, nullptr);
    BIO_free(text);
    text = BIO_new_mem_buf(offer.key_pem.data(), static_cast<int>(offer.key_pem.size()));
    EVP_PKEY* key = PEM_read_bio_PrivateKey(text, nullptr, nullptr, nullptr);
    BIO_free(text);
    const bool good = SSL_CTX_use_certificate(context, certificate) == 1 &&
                      SSL_CTX_use_PrivateKey(context, key) == 1;
    X509_free(certificate);
    EVP_PKEY_free(key);
    require(good, "certificate");
}

}  // namespace

Wire::Wire(int fd) : fd_(fd) {
    const timeval limit{20, 0};
    setsockopt(fd_, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
    setsockopt(fd_, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit);
}

Wire::Wire(Wire&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}

Wire::~Wire() {
    if (fd_ >= 0) {
        close(fd_);
    }
}

bool Wire::say(std::string_view octets) {
    while (!octets.empty()) {
        const ssize_t sent = send(fd_, octets.data(), octets.size(), MSG_NOSIGNAL);
        if (sent <= 0) {
            return false;
        }
        octets.remove_prefix(static_cast<std::size_t>(sent));
    }
    return true;
}

std::string Wire::hear() {
    std::string octets(std::size_t{64} * 1024, '\0');
    const ssize_t got = recv(fd_, octets.data(), octets.size(), 0);
    octets.resize(got > 0 ? static_cast<std::size_t>(got) : 0);
    return octets;
}

std::string Wire::hear_all() {
    std::string all;
    for (std::string more = hear(); !more.empty(); more = hear()) {
        all += more;
    }
    return all;
}

void Wire::half_close() {
    shutdown(fd_, SHUT_WR);
}

void Wire::cut() {
    const linger at_once{1, 0};
    setsockopt(fd_, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
    close(std::exchange(fd_, -1));
}

TlsPeer::TlsPeer(Wire& wire, const Offer& offer)
    : wire_(wire), context_(SSL_CTX_new(TLS_client_method())), ssl_(nullptr) {
    require(context_ != nullptr, "context");
    // Else OpenSSL itself would not offer what the relay must refuse.
    SSL_CTX_set_security_level(context_, 0);
    require(SSL_CTX_set_min_proto_version(context_, offer.oldest) == 1, "oldest version");
    require(SSL_CTX_set_max_proto_version(context_, offer.newest) == 1, "newest version");
    if (!offer.ciphers.empty()) {
        require(SSL_CTX_set_cipher_list(context_, offer.ciphers.c_str()) == 1, "ciphers");
    }
    if (!offer.certificate_pem.empty()) {
        show_certificate(context_, offer);
    }
    if (!offer.trust.empty()) {
        require(SSL_CTX_load_verify_locations(context_, offer.trust.c_str(), nullptr) == 1, "CA");
        SSL_CTX_set_verify(context_, SSL_VERIFY_PEER, nullptr);
    }
    ssl_ = SSL_new(context_);
    arriving_ = BIO_new(BIO_s_mem());
    leaving_ = BIO_new(BIO_s_mem());
    BIO_set_mem_eof_return(arriving_, -1);
    BIO_set_mem_eof_return(leaving_, -1);
    SSL_set_bio(ssl_, arriving_, leaving_);
    SSL_set_connect_state(ssl_);
}

TlsPeer::~TlsPeer() {
    SSL_free(ssl_);
    SSL_CTX_free(context_);
}

template <class Step>
bool TlsPeer::run(Step step) {
    for (;;) {
        ERR_clear_error();
        const int result = step();
        if (result == 1) {
            return true;
        }
        switch (SSL_get_error(ssl_, result)) {
            case SSL_ERROR_WANT_READ:
                break;
            case SSL_ERROR_ZERO_RETURN:
                ending_ = Ending::Goodbye;
                return false;
            default:
                ending_ = Ending::Fault;
                (void)flush();  // the alert
                return false;
        }
        // A server that refused may be gone already; its alert can still be heard.
        (void)flush();
        const std::string more = wire_.hear();
        if (more.empty()) {
            ending_ = Ending::Cut;
            return false;
        }
        (void)BIO_write(arriving_, more.data(), static_cast<int>(more.size()));
    }
}

bool TlsPeer::shake() {
    return run([this] { return SSL_do_handshake(ssl_); });
}

void TlsPeer::seal(std::string_view octets) {
    ERR_clear_error();
    std::size_t written = 0;
    require(SSL_write_ex(ssl_, octets.data(), octets.size(), &written) == 1, "write");
    EXPECT_EQ(written, octets.size());
}

bool TlsPeer::write(std::string_view octets) {
    seal(octets);
    return flush();
}

std::string TlsPeer::read(std::size_t size) {
    std::string text;
    std::array<char, 16384> block;
    while (text.size() < size) {
        std::size_t octets = 0;
        const std::size_t most = std::min(block.size(), size - text.size());
        if (!run([&] { return SSL_read_ex(ssl_, block.data(), most, &octets); })) {
            break;
        }
        text.append(block.data(), octets);
    }
    return text;
}

void TlsPeer::say_goodbye() {
    ERR_clear_error();
    (void)SSL_shutdown(ssl_);
    (void)flush();
}

std::string TlsPeer::take_output() {
    if (SSL_in_before(ssl_) == 1) {
        ERR_clear_error();
        (void)SSL_do_handshake(ssl_);
    }
    std::string octets(BIO_ctrl_pending(leaving_), '\0');
    if (!octets.empty()) {
        (void)BIO_read(leaving_, octets.data(), static_cast<int>(octets.size()));
    }
    return octets;
}

}  // namespace relay::net
