#include "dkim/key.h"

#include <thread>
#include <vector>

#include <gtest/gtest.h>

#include "conf/base64.h"
#include "dkim/errors.h"
#include "tests/dkim/test_keys.h"

namespace {

using dkim::KeyType;
using dkim::PrivateKey;

TEST(PrivateKey, SignsWhatItsPublicPartVerifies) {
    for (const PrivateKey* key : {&test::rsa_key(), &test::ed25519_key()}) {
        const auto signature = key->sign("some data");
        ASSERT_TRUE(signature);
        EXPECT_EQ(signature->size(), key->type() == KeyType::Rsa ? 256U : 64U);
        EXPECT_TRUE(test::verifies(key->type(), key->public_octets(), "some data", *signature));
        EXPECT_FALSE(test::verifies(key->type(), key->public_octets(), "some dat4", *signature));
    }
}

TEST(PrivateKey, CanBeReadBackFromItsPem) {
    for (const PrivateKey* key : {&test::rsa_key(), &test::ed25519_key()}) {
        const auto again = PrivateKey::parse(key->pem());
        ASSERT_TRUE(again);
        EXPECT_EQ(again->type(), key->type());
        EXPECT_EQ(again->bits(), key->bits());
        EXPECT_EQ(again->record(), key->record());
        EXPECT_EQ(*again->sign("x"), *key->sign("x"));  // both algorithms are deterministic
    }
}

TEST(PrivateKey, HasTheSizeThatWasAskedFor) {
    EXPECT_EQ(test::rsa_key().bits(), 2048);
    EXPECT_EQ(PrivateKey::create(KeyType::Rsa, 2047).error().code, dkim::errc::KeyTooSmall);
    EXPECT_EQ(PrivateKey::create(KeyType::Rsa, 4097).error().code, dkim::errc::KeyUnsupported);
}

// RFC 8463 A.1 (private key) and A.2 (public key)
TEST(PrivateKey, OfRfc8463HasItsRecord) {
    const auto key = PrivateKey::parse(
        "-----BEGIN PRIVATE KEY-----\n"
        "MC4CAQAwBQYDK2VwBCIEIJ1hsZ3v/VpguoRK9JLsLMREScVpezJpGXA7rAMcrn9g\n"
        "-----END PRIVATE KEY-----\n");
    ASSERT_TRUE(key);
    EXPECT_EQ(key->type(), KeyType::Ed25519);
    EXPECT_EQ(key->record(), "v=DKIM1; k=ed25519; p=11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=");
}

TEST(PrivateKey, PublishesRsaAsSubjectPublicKeyInfo) {
    const std::string octets = test::rsa_key().public_octets();
    EXPECT_EQ(octets.size(), 294U);
    EXPECT_EQ(test::rsa_key().record(), "v=DKIM1; k=rsa; p=" + conf::encode_base64(octets));
}

TEST(PrivateKey, RefusesWhatDkimCannotUse) {
    EXPECT_EQ(PrivateKey::parse(test::foreign_pem("RSA", 1024)).error().code,
              dkim::errc::KeyTooSmall);
    EXPECT_EQ(PrivateKey::parse(test::foreign_pem("EC", 0)).error().code,
              dkim::errc::KeyUnsupported);
    EXPECT_EQ(PrivateKey::parse(test::foreign_pem("RSA-PSS", 2048)).error().code,
              dkim::errc::KeyUnsupported);
    EXPECT_EQ(PrivateKey::parse(test::foreign_pem("X25519", 0)).error().code,
              dkim::errc::KeyUnsupported);
}

TEST(PrivateKey, RefusesAKeyThatSignsWrongly) {
    EXPECT_EQ(PrivateKey::parse(test::faulty_pem()).error().code, dkim::errc::KeyFaulty);
}

// An empty passphrase is one too. Nobody is asked: a relay has no terminal.
TEST(PrivateKey, RefusesAnEncryptedKeyWithoutAsking) {
    for (const char* passphrase : {"secret", ""}) {
        const auto key = PrivateKey::parse(test::encrypted_pem(passphrase));
        ASSERT_FALSE(key);
        EXPECT_EQ(key.error().code, dkim::errc::KeyMalformed);
        EXPECT_NE(key.error().detail.find("encrypted"), std::string::npos);
    }
}

TEST(PrivateKey, RefusesWhatIsNoPrivateKey) {
    std::string cut = test::rsa_key().pem();
    cut.resize(cut.size() / 2);
    std::string damaged = test::rsa_key().pem();
    damaged[damaged.size() / 2] = '*';
    for (const std::string& pem : {std::string(),
                                   std::string("no key"),
                                   cut,
                                   damaged,
                                   std::string("-----BEGIN PRIVATE KEY-----\n"),
                                   std::string(70000, 'x'),
                                   std::string(100, '\0')}) {
        const auto key = PrivateKey::parse(pem);
        ASSERT_FALSE(key);
        EXPECT_EQ(key.error().code, dkim::errc::KeyMalformed);
    }
    const auto key = PrivateKey::parse(test::public_pem());
    ASSERT_FALSE(key);
    EXPECT_NE(key.error().detail.find("a public key only"), std::string::npos);
}

TEST(PrivateKey, SignsFromSeveralThreadsAtOnce) {
    for (const PrivateKey* key : {&test::rsa_key(), &test::ed25519_key()}) {
        const std::string want = *key->sign("shared");
        std::vector<int> wrong(4, 0);
        std::vector<std::thread> threads;
        for (int& count : wrong) {
            threads.emplace_back([&count, &want, key] {
                for (int i = 0; i < 100; ++i) {
                    const auto signature = key->sign("shared");
                    count += signature && *signature == want ? 0 : 1;
                }
            });
        }
        for (std::thread& thread : threads) {
            thread.join();
        }
        EXPECT_EQ(wrong, std::vector<int>(4, 0));
    }
}

}  // namespace
