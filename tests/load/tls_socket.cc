#include "tests/load/tls_socket.h"

#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstdlib>

#include <openssl/err.h>
#include <openssl/ssl.h>

namespace load {
namespace {

[[noreturn]] void no_tls() {
    std::fprintf(stderr, "TLS cannot be set up\n");
    std::exit(1);
}

}  // namespace

TlsClient::TlsClient() : context_(SSL_CTX_new(TLS_client_method())) {
    if (context_ == nullptr || SSL_CTX_set_min_proto_version(context_, TLS1_3_VERSION) != 1) {
        no_tls();
    }
    SSL_CTX_set_verify(context_, SSL_VERIFY_NONE, nullptr);
    SSL_CTX_set_session_cache_mode(context_, SSL_SESS_CACHE_OFF);
    // The caller's text may move between two tries, and is sent as far as it goes.
    SSL_CTX_set_mode(context_, SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER | SSL_MODE_ENABLE_PARTIAL_WRITE);
    // One system call takes a record with its frame.
    SSL_CTX_set_read_ahead(context_, 1);
    // OpenSSL writes without MSG_NOSIGNAL.
    (void)std::signal(SIGPIPE, SIG_IGN);
}

TlsClient::~TlsClient() {
    SSL_CTX_free(context_);
}

TlsSocket::TlsSocket(const TlsClient& client, int fd) : ssl_(SSL_new(client.context())) {
    if (ssl_ == nullptr || SSL_set_fd(ssl_, fd) != 1) {
        no_tls();
    }
    SSL_set_connect_state(ssl_);
}

TlsSocket::~TlsSocket() {
    SSL_free(ssl_);
}

ssize_t TlsSocket::read(char* buffer, std::size_t size) {
    ERR_clear_error();
    std::size_t octets = 0;
    const int result = SSL_read_ex(ssl_, buffer, size, &octets);
    return judge(result, octets);
}

ssize_t TlsSocket::write(std::string_view text) {
    ERR_clear_error();
    std::size_t octets = 0;
    const int result = SSL_write_ex(ssl_, text.data(), text.size(), &octets);
    return judge(result, octets);
}

void TlsSocket::end() {
    if (is_open()) {
        ERR_clear_error();
        (void)SSL_shutdown(ssl_);
    }
}

bool TlsSocket::is_open() const {
    return SSL_is_init_finished(ssl_) == 1;
}

ssize_t TlsSocket::judge(int result, std::size_t octets) {
    waits_for_input_ = false;
    if (result == 1) {
        return static_cast<ssize_t>(octets);
    }
    const int of_system = errno;
    switch (SSL_get_error(ssl_, result)) {
        case SSL_ERROR_WANT_READ:
            waits_for_input_ = true;
            errno = EAGAIN;
            return -1;
        case SSL_ERROR_WANT_WRITE:
            errno = EAGAIN;
            return -1;
        case SSL_ERROR_ZERO_RETURN:
            return 0;
        case SSL_ERROR_SYSCALL:
            errno = of_system != 0 ? of_system : EPROTO;
            return -1;
        default:
            errno = EPROTO;
            return -1;
    }
}

}  // namespace load
