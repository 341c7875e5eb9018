// Keys for tests: good ones made once for the whole program, and bad ones of every kind.
#pragma once

#include <string>

#include "dkim/key.h"

namespace test {

const dkim::PrivateKey& rsa_key();
const dkim::PrivateKey& other_rsa_key();
const dkim::PrivateKey& ed25519_key();

/// PEM of a key that the library can make but DKIM cannot use: "RSA" with `bits`, "EC", "RSA-PSS".
std::string foreign_pem(const char* type, unsigned bits);
/// PEM of rsa_key() with one bit of its private exponent turned over.
std::string faulty_pem();
std::string encrypted_pem(const char* passphrase);
std::string public_pem();
/// What p= of a new RSA key of any size holds.
std::string rsa_public_octets(unsigned bits);

/// True if `signature` over the SHA-256 of `data` (Ed25519: as RFC 8463 says) verifies with the
/// octets of a p= tag.
bool verifies(dkim::KeyType type,
              const std::string& public_octets,
              const std::string& data,
              const std::string& signature);

}  // namespace test
