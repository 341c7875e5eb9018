// TlsPeer: a client by OpenSSL at the other end of a connection under test, and the bare wire that
// it speaks over.
//
// Works on memory, so that a test decides which octets go out together, and may spoil them. A
// silence of 20 s ends every wait.
//
// Threads: the test's own.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include <openssl/ssl.h>

namespace relay::net {

/// A connected TCP socket that blocks.
class Wire {
public:
    explicit Wire(int fd);
    ~Wire();
    Wire(Wire&& other) noexcept;
    Wire(const Wire&) = delete;
    Wire& operator=(const Wire&) = delete;

    /// False when the other side is gone.
    bool say(std::string_view octets);
    /// What arrives next; empty at the end or after 20 s.
    std::string hear();
    /// What arrives until the end.
    std::string hear_all();
    /// FIN: nothing more will come.
    void half_close();
    /// RST instead of an end.
    void cut();

private:
    int fd_;
};

struct Offer {
    int oldest = TLS1_2_VERSION;
    int newest = TLS1_3_VERSION;
    std::string ciphers{};  // up to TLS 1.2; empty is the library's choice
    std::string certificate_pem{}, key_pem{};
    std::string trust{};  // a file of CAs; empty trusts everybody
};

/// How a connection ended, as the client sees it.
enum class Ending : std::uint8_t { Open, Goodbye, Cut, Fault };

class TlsPeer {
public:
    explicit TlsPeer(Wire& wire, const Offer& offer = {});
    ~TlsPeer();
    TlsPeer(const TlsPeer&) = delete;
    TlsPeer& operator=(const TlsPeer&) = delete;

    /// To the end of the client's part; the last flight stays here until flush().
    bool shake();
    bool handshake() { return shake() && flush(); }
    /// Encrypts; goes out with the next flush().
    void seal(std::string_view octets);
    bool write(std::string_view octets);
    /// `size` octets, or fewer where the connection ends.
    std::string read(std::size_t size);
    /// Sends close_notify.
    void say_goodbye();

    /// Takes what waits to be sent: the ClientHello at first.
    std::string take_output();
    bool flush() { return wire_.say(take_output()); }

    [[nodiscard]] Ending ending() const { return ending_; }
    [[nodiscard]] SSL* ssl() const { return ssl_; }

private:
    /// Repeats `step` until it succeeds (true) or the connection ends.
    template <class Step>
    bool run(Step step);

    Wire& wire_;
    SSL_CTX* context_;
    SSL* ssl_;
    BIO* arriving_;  // owned by ssl_
    BIO* leaving_;   // owned by ssl_
    Ending ending_ = Ending::Open;
};

}  // namespace relay::net
