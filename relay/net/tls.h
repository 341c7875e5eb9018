// TLS on a Stream: the server's side of the handshake, and the certificate it shows.
//
// Nothing here falls back: a handshake that fails ends the connection, and a TLS stream that the
// peer closes is over. Octets that were read in the clear before the handshake are never given to
// it.
//
// Standards: RFC 8446, RFC 5246 (TLS 1.2 is the oldest), RFC 9325 (cipher suites), RFC 8314.
// Executor: accept_tls() and the stream it gives run on the loop of the stream below.
#pragma once

#include <memory>
#include <string>

#include "conf/config.h"
#include "conf/result.h"
#include "relay/net/stream.h"

struct ssl_ctx_st;

namespace relay::net {

/// A certificate with its key and, where clients may show theirs, the CAs that vouch for them.
///
/// Threads: safe, immutable.
class ServerIdentity {
public:
    /// Reads the PEM files. Errors: a file that cannot be read, is no PEM, a key that does not fit
    /// the certificate, a certificate that has expired; each with the file's name.
    static conf::Result<std::shared_ptr<const ServerIdentity>> load(const std::string& certificate,
                                                                    const std::string& key,
                                                                    const std::string& client_ca);
    ~ServerIdentity();
    ServerIdentity(const ServerIdentity&) = delete;
    ServerIdentity& operator=(const ServerIdentity&) = delete;

    [[nodiscard]] ssl_ctx_st* context() const { return context_; }

private:
    explicit ServerIdentity(ssl_ctx_st* context) : context_(context) {}
    ssl_ctx_st* context_;
};

/// What a handshake agreed upon.
struct TlsSession {
    std::string version;      // "TLSv1.3"
    std::string cipher;       // "TLS_AES_256_GCM_SHA384"
    std::string client_name;  // of a client certificate that a CA of ours vouches for: its first
                              // mail address or DNS name, else its common name; empty without one
};

struct Handshake {
    bool done = false;
    TlsSession session;
    std::string fault;  // why it failed, for the log
};

/// Puts TLS over `stream`, which is replaced before the first wait, and shakes hands within
/// `limit`. `received`: octets of the handshake that were read from it already. The stream is
/// closed when that fails.
Task<Handshake> accept_tls(Loop& loop,
                           std::unique_ptr<Stream>& stream,
                           std::string received,
                           std::shared_ptr<const ServerIdentity> identity,
                           conf::Duration limit);

}  // namespace relay::net
