#include "relay/net/tls.h"

#include <algorithm>
#include <array>
#include <memory>
#include <utility>

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

namespace relay::net {

namespace {

constexpr std::size_t kPiece = 17 * 1024;  // one TLS record with its frame
constexpr std::size_t kLeastPiece = 512;   // what a connection that waits holds ready

struct FreeSsl {
    void operator()(SSL* ssl) const { SSL_free(ssl); }
};
using Ssl = std::unique_ptr<SSL, FreeSsl>;

/// A connection under TLS: OpenSSL works on memory, the stream below moves the octets.
class TlsStream final : public Stream {
public:
    TlsStream(Loop& loop,
              std::unique_ptr<Stream> below,
              std::shared_ptr<const ServerIdentity> identity,
              std::string_view received)
        : Stream(loop),
          below_(std::move(below)),
          identity_(std::move(identity)),
          ssl_(SSL_new(identity_->context())),
          arriving_(BIO_new(BIO_s_mem())),
          leaving_(BIO_new(BIO_s_mem())) {
        below_->no_limit();  // this stream's limit holds for both
        // An empty BIO is a wait, not an end.
        BIO_set_mem_eof_return(arriving_, -1);
        BIO_set_mem_eof_return(leaving_, -1);
        SSL_set_bio(ssl_.get(), arriving_, leaving_);
        SSL_set_accept_state(ssl_.get());
        (void)BIO_write(arriving_, received.data(), static_cast<int>(received.size()));
    }
    ~TlsStream() override { TlsStream::close(); }

    Task<IoStatus> handshake() {
        for (;;) {
            ERR_clear_error();
            const int result = SSL_do_handshake(ssl_.get());
            const IoStatus wanted = co_await attend(result);
            if (result == 1 || wanted != IoStatus::Ok) {
                co_return wanted;
            }
        }
    }

    Task<ReadResult> read_some(char* buffer, std::size_t size) override {
        for (;;) {
            ERR_clear_error();
            std::size_t octets = 0;
            const int result = SSL_read_ex(ssl_.get(), buffer, size, &octets);
            if (result == 1) {
                co_return ReadResult{IoStatus::Ok, octets};
            }
            const IoStatus status = co_await attend(result);
            if (status != IoStatus::Ok) {
                co_return ReadResult{status, 0};
            }
        }
    }

    Task<IoStatus> write(std::string_view octets) override {
        while (!octets.empty()) {
            ERR_clear_error();
            std::size_t written = 0;
            const int result =
                SSL_write_ex(ssl_.get(), octets.data(), std::min(octets.size(), kPiece), &written);
            const IoStatus status = co_await attend(result);
            if (status != IoStatus::Ok) {
                co_return status;
            }
            octets.remove_prefix(result == 1 ? written : 0);
        }
        co_return IoStatus::Ok;
    }

    [[nodiscard]] bool has_input() const override {
        return SSL_has_pending(ssl_.get()) == 1 || BIO_ctrl_pending(arriving_) > 0 ||
               below_->has_input();
    }

    Task<> end() override {
        if (SSL_is_init_finished(ssl_.get()) == 1 && !broken_) {
            // RFC 8446 6.1: each side sends close_notify before it closes its half.
            ERR_clear_error();
            (void)SSL_shutdown(ssl_.get());
            (void)co_await send();
        }
        co_await below_->end();
    }

    void close() override { below_->close(); }

    void interrupt() override {
        interrupted_ = true;
        below_->interrupt();
    }

    [[nodiscard]] SSL* ssl() const { return ssl_.get(); }
    [[nodiscard]] const std::string& fault() const { return fault_; }

private:
    /// After a call of OpenSSL: sends what it wrote, reads what it wants. Ok: call again (or go on,
    /// when the call had succeeded).
    Task<IoStatus> attend(int result) {
        // Asked before anything else touches the error queue of this thread.
        const int reason = result == 1 ? SSL_ERROR_NONE : SSL_get_error(ssl_.get(), result);
        if (reason == SSL_ERROR_SSL) {
            fault_ = reason_text();
        }
        const IoStatus sent = co_await send();
        if (sent != IoStatus::Ok) {
            broken_ = true;
            co_return sent;
        }
        switch (reason) {
            case SSL_ERROR_NONE:
            case SSL_ERROR_WANT_WRITE:
                co_return IoStatus::Ok;
            case SSL_ERROR_WANT_READ:
                co_return co_await receive();
            case SSL_ERROR_ZERO_RETURN:
                co_return IoStatus::Closed;
            default:
                broken_ = true;
                co_return IoStatus::Reset;
        }
    }

    Task<IoStatus> send() {
        while (BIO_ctrl_pending(leaving_) > 0) {
            std::array<char, kPiece> piece;
            const int octets = BIO_read(leaving_, piece.data(), static_cast<int>(piece.size()));
            if (octets <= 0) {
                break;
            }
            const IoStatus status = co_await below_->write(
                std::string_view(piece.data(), static_cast<std::size_t>(octets)));
            if (status != IoStatus::Ok) {
                co_return own(status);
            }
        }
        co_return IoStatus::Ok;
    }

    Task<IoStatus> receive() {
        if (ended_ != IoStatus::Ok) {
            co_return ended_;
        }
        // Most connections wait most of the time: what is read at once grows with what comes.
        const auto piece = std::make_unique_for_overwrite<char[]>(expected_);
        const auto result = co_await below_->read_some(piece.get(), expected_);
        if (result.status == IoStatus::Closed || result.status == IoStatus::Reset) {
            ended_ = result.status;  // nothing comes behind it, and nobody waits for it again
        }
        if (result.status != IoStatus::Ok) {
            // A close without close_notify may be somebody's cut: RFC 8446 6.1. Both end the
            // connection, and an unfinished message with it.
            co_return own(result.status);
        }
        (void)BIO_write(arriving_, piece.get(), static_cast<int>(result.octets));
        expected_ = result.octets == expected_ ? std::min(4 * expected_, kPiece)
                                               : std::max(expected_ / 2, kLeastPiece);
        co_return IoStatus::Ok;
    }

    /// The stream below ended because this one was told to.
    IoStatus own(IoStatus status) {
        if (expired_) {
            return IoStatus::TimedOut;
        }
        if (status == IoStatus::Cancelled) {
            interrupted_ = false;
            return std::exchange(late_, false) ? IoStatus::TimedOut : IoStatus::Cancelled;
        }
        return status;
    }

    static std::string reason_text() {
        const char* text = ERR_reason_error_string(ERR_peek_last_error());
        return text != nullptr ? text : "protocol error";
    }

    std::unique_ptr<Stream> below_;
    std::shared_ptr<const ServerIdentity> identity_;
    Ssl ssl_;
    BIO* arriving_;  // owned by ssl_
    BIO* leaving_;   // owned by ssl_
    bool broken_ = false;
    IoStatus ended_ = IoStatus::Ok;
    std::size_t expected_ = kLeastPiece;
    std::string fault_;
};

std::string octets_of(const ASN1_STRING* text) {
    return {reinterpret_cast<const char*>(ASN1_STRING_get0_data(text)),
            static_cast<std::size_t>(ASN1_STRING_length(text))};
}

/// The first mail address or DNS name, else the common name.
std::string name_of(X509* certificate) {
    struct FreeNames {
        void operator()(GENERAL_NAMES* names) const { GENERAL_NAMES_free(names); }
    };
    const std::unique_ptr<GENERAL_NAMES, FreeNames> names(static_cast<GENERAL_NAMES*>(
        X509_get_ext_d2i(certificate, NID_subject_alt_name, nullptr, nullptr)));
    for (int i = 0; names && i < sk_GENERAL_NAME_num(names.get()); ++i) {
        const GENERAL_NAME* name = sk_GENERAL_NAME_value(names.get(), i);
        if (name->type == GEN_EMAIL || name->type == GEN_DNS) {
            return octets_of(name->d.ia5);
        }
    }
    X509_NAME* subject = X509_get_subject_name(certificate);
    const int at = X509_NAME_get_index_by_NID(subject, NID_commonName, -1);
    unsigned char* utf8 = nullptr;
    const int size = at < 0
                         ? -1
                         : ASN1_STRING_to_UTF8(
                               &utf8, X509_NAME_ENTRY_get_data(X509_NAME_get_entry(subject, at)));
    if (size < 0) {
        return {};
    }
    std::string text(reinterpret_cast<const char*>(utf8), static_cast<std::size_t>(size));
    OPENSSL_free(utf8);
    return text;
}

TlsSession session_of(const SSL* ssl) {
    TlsSession session;
    session.version = SSL_get_version(ssl);
    session.cipher = SSL_get_cipher_name(ssl);
    X509* certificate = SSL_get0_peer_certificate(ssl);
    if (certificate != nullptr && SSL_get_verify_result(ssl) == X509_V_OK) {
        session.client_name = name_of(certificate);
        // A NUL would make one name look like another (CVE-2009-2408).
        if (session.client_name.find('\0') != std::string::npos) {
            session.client_name.clear();
        }
    }
    return session;
}

}  // namespace

Task<Handshake> accept_tls(Loop& loop,
                           std::unique_ptr<Stream>& stream,
                           std::string received,
                           std::shared_ptr<const ServerIdentity> identity,
                           conf::Duration limit) {
    auto over = std::make_unique<TlsStream>(loop, std::move(stream), std::move(identity), received);
    TlsStream& tls = *over;
    stream = std::move(over);
    tls.limit(limit);
    Handshake result;
    const IoStatus status = co_await tls.handshake();
    if (status != IoStatus::Ok) {
        result.fault = tls.fault().empty() ? std::string(describe(status)) : tls.fault();
        tls.close();
        co_return result;
    }
    result.done = true;
    result.session = session_of(tls.ssl());
    co_return result;
}

}  // namespace relay::net
