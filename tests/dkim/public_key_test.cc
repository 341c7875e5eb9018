#include "dkim/public_key.h"

#include <gtest/gtest.h>

#include "dkim/errors.h"
#include "tests/dkim/test_keys.h"

namespace {

using dkim::KeyType;
using dkim::PublicKey;

dkim::PublicRecord record(KeyType type, std::string key) {
    dkim::PublicRecord record;
    record.type = type;
    record.key = std::move(key);
    return record;
}

TEST(PublicKey, VerifiesWhatItsPrivateKeyMade) {
    for (const dkim::PrivateKey* key : {&test::rsa_key(), &test::ed25519_key()}) {
        const auto read = PublicKey::read(record(key->type(), key->public_octets()));
        ASSERT_TRUE(read);
        EXPECT_EQ(read->type(), key->type());
        EXPECT_EQ(read->bits(), key->bits());
        std::string signature = key->sign("text").value();
        EXPECT_TRUE(read->verifies(dkim::sha256("text"), signature));
        EXPECT_FALSE(read->verifies(dkim::sha256("Text"), signature));
        EXPECT_FALSE(read->verifies(dkim::sha256("text"), signature + "x"));
        EXPECT_FALSE(read->verifies(dkim::sha256("text"), ""));
        signature[7] = static_cast<char>(signature[7] ^ 1);
        EXPECT_FALSE(read->verifies(dkim::sha256("text"), signature));
    }
}

// RFC 6376 3.6.1 says RSAPublicKey: what SubjectPublicKeyInfo holds behind 24 octets.
TEST(PublicKey, ReadsBareRsaKeysToo) {
    const std::string info = test::rsa_key().public_octets();
    const auto read = PublicKey::read(record(KeyType::Rsa, info.substr(24)));
    ASSERT_TRUE(read);
    EXPECT_EQ(read->bits(), 2048);
    EXPECT_TRUE(read->verifies(dkim::sha256("text"), test::rsa_key().sign("text").value()));
}

TEST(PublicKey, RefusesWhatIsNoneOfItsType) {
    const std::string rsa = test::rsa_key().public_octets();
    const std::string ed25519 = test::ed25519_key().public_octets();
    for (const auto& [type, octets] :
         std::vector<std::pair<KeyType, std::string>>{{KeyType::Rsa, "abc"},
                                                      {KeyType::Rsa, ed25519},
                                                      {KeyType::Rsa, rsa + "x"},
                                                      {KeyType::Rsa, rsa.substr(0, 100)},
                                                      {KeyType::Rsa, ""},
                                                      {KeyType::Ed25519, rsa},
                                                      {KeyType::Ed25519, ed25519 + "x"},
                                                      {KeyType::Ed25519, ed25519.substr(1)}}) {
        const auto read = PublicKey::read(record(type, octets));
        ASSERT_FALSE(read) << octets.size();
        EXPECT_EQ(read.error().code, dkim::errc::BadRecord);
    }
}

}  // namespace
