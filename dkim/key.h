// PrivateKey: a signing key from a PEM file, parsed once, proven to sign when loaded. PublicRecord:
// its DNS form.
//
// Standards: RFC 6376 3.6.1 (key record), RFC 8301 (RSA 2048 up), RFC 8463 (Ed25519).
// Threads:   immutable; signing is const and safe from several threads.
// Secrets:   the key never leaves the object; nothing here prints it.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "conf/result.h"

namespace dkim {

enum class KeyType : std::uint8_t { Rsa, Ed25519 };

class PrivateKey {
public:
    /// Errors, each with the path and what to do: KeyUnreadable (missing, no permission, no regular
    /// file), KeyUnsafe (readable by others unless `allow_world_readable`, or group-readable for a
    /// group that is not ours), KeyMalformed (no PEM key, encrypted), KeyTooSmall (RSA under 2048
    /// bits), KeyUnsupported (EC and others), KeyFaulty (a test signature does not verify). Links
    /// are followed first: container secrets are links.
    static conf::Result<PrivateKey> load(const std::string& path, bool allow_world_readable);
    /// The same checks over PEM text.
    static conf::Result<PrivateKey> parse(std::string_view pem);
    /// A new key. `bits` counts for RSA only: 2048 to 4096.
    static conf::Result<PrivateKey> create(KeyType type, int bits);

    [[nodiscard]] KeyType type() const;
    [[nodiscard]] int bits() const;
    /// PKCS#8 PEM, for a new key's file only.
    [[nodiscard]] std::string pem() const;
    /// The value of the TXT record: "v=DKIM1; k=rsa; p=...".
    [[nodiscard]] std::string record() const;
    /// Octets of the p= tag before base64: SubjectPublicKeyInfo for RSA, the bare 32 octets for
    /// Ed25519.
    [[nodiscard]] std::string public_octets() const;
    /// The signature octets over `data` (RSA: PKCS#1 v1.5 over its SHA-256; Ed25519: over its
    /// SHA-256 digest, RFC 8463 3).
    [[nodiscard]] conf::Result<std::string> sign(std::string_view data) const;

private:
    struct State;
    std::shared_ptr<const State> state_;
};

/// What a published key record says.
struct PublicRecord {
    KeyType type = KeyType::Rsa;
    std::string key;       // octets of p=; empty when revoked
    bool testing = false;  // t=y
    bool strict = false;   // t=s: i= is in the very domain of d=

    /// Errors: BadRecord with the tag: wrong version, duplicate tag, unknown k=, h= without sha256,
    /// s= without email, p= missing or no base64.
    static conf::Result<PublicRecord> parse(std::string_view text);
    [[nodiscard]] bool revoked() const { return key.empty(); }
};

/// TXT strings of at most 255 octets in zone-file form: NAME. IN TXT ( "..." "..." )
std::string zone_file_record(std::string_view name, std::string_view value);

}  // namespace dkim
