#include "dkim/key_file.h"

#include <sys/stat.h>
#include <unistd.h>

#include <gtest/gtest.h>

#include "dkim/errors.h"
#include "dkim/key.h"
#include "tests/dkim/temporary_folder.h"
#include "tests/dkim/test_keys.h"

namespace {

using dkim::errc;
using dkim::PrivateKey;

conf::Error refusal(const std::string& path, bool allow_world_readable = false) {
    const auto key = PrivateKey::load(path, allow_world_readable);
    EXPECT_FALSE(key);
    if (key) {
        return {};
    }
    EXPECT_EQ(key.error().detail.find(path), 0U) << key.error().detail;
    return key.error();
}

TEST(KeyFile, LoadsAKeyThatIsOursAlone) {
    const test::TemporaryFolder folder;
    for (const mode_t mode : {0600, 0400}) {
        const std::string path =
            folder.write("key" + std::to_string(mode), test::rsa_key().pem(), mode);
        const auto key = PrivateKey::load(path, false);
        ASSERT_TRUE(key);
        EXPECT_EQ(key->record(), test::rsa_key().record());
    }
}

TEST(KeyFile, MayBeReadableByAGroupOfOurs) {
    const test::TemporaryFolder folder;
    const std::string path = folder.write("key", test::ed25519_key().pem(), 0640);
    ASSERT_EQ(::chown(path.c_str(), static_cast<uid_t>(-1), ::getegid()), 0);
    EXPECT_TRUE(PrivateKey::load(path, false));
}

TEST(KeyFile, IsRefusedWhenAForeignGroupMayReadIt) {
    if (::geteuid() != 0) {
        GTEST_SKIP() << "only root can give a file to a foreign group";
    }
    const test::TemporaryFolder folder;
    const std::string path = folder.write("key", test::ed25519_key().pem(), 0640);
    ASSERT_EQ(::chown(path.c_str(), static_cast<uid_t>(-1), 54321), 0);
    EXPECT_EQ(refusal(path).code, errc::KeyUnsafe);
    EXPECT_TRUE(PrivateKey::load(path, true));
    ASSERT_EQ(::chmod(path.c_str(), 0660), 0);
    EXPECT_EQ(refusal(path, true).code, errc::KeyUnsafe);
}

TEST(KeyFile, IsRefusedWhenEveryoneMayReadItUnlessAllowed) {
    const test::TemporaryFolder folder;
    for (const mode_t mode : {0644, 0604, 0444}) {
        const std::string path =
            folder.write("key" + std::to_string(mode), test::ed25519_key().pem(), mode);
        const conf::Error error = refusal(path);
        EXPECT_EQ(error.code, errc::KeyUnsafe);
        EXPECT_NE(error.detail.find("chmod 0600"), std::string::npos);
        EXPECT_TRUE(PrivateKey::load(path, true));
    }
}

TEST(KeyFile, IsRefusedWhenOthersMayWriteIt) {
    const test::TemporaryFolder folder;
    const std::string path = folder.write("key", test::ed25519_key().pem(), 0602);
    EXPECT_EQ(refusal(path).code, errc::KeyUnsafe);
    EXPECT_EQ(refusal(path, true).code, errc::KeyUnsafe);
}

TEST(KeyFile, IsJudgedBehindItsLinks) {
    const test::TemporaryFolder folder;
    folder.write("safe", test::ed25519_key().pem(), 0600);
    folder.write("unsafe", test::ed25519_key().pem(), 0644);
    ASSERT_EQ(::symlink("safe", folder.path("one").c_str()), 0);
    ASSERT_EQ(::symlink("one", folder.path("two").c_str()), 0);
    ASSERT_EQ(::symlink("unsafe", folder.path("three").c_str()), 0);
    ASSERT_EQ(::symlink("loop", folder.path("loop").c_str()), 0);
    EXPECT_TRUE(PrivateKey::load(folder.path("two"), false));
    EXPECT_EQ(refusal(folder.path("three")).code, errc::KeyUnsafe);
    EXPECT_EQ(refusal(folder.path("loop")).code, errc::KeyUnreadable);
}

TEST(KeyFile, IsRefusedWhenItIsNoRegularFile) {
    const test::TemporaryFolder folder;
    ASSERT_EQ(::mkdir(folder.path("folder").c_str(), 0700), 0);
    ASSERT_EQ(::mkfifo(folder.path("fifo").c_str(), 0600), 0);
    EXPECT_EQ(refusal(folder.path("folder")).code, errc::KeyUnreadable);
    EXPECT_EQ(refusal(folder.path("fifo")).code,
              errc::KeyUnreadable);  // and does not wait for a writer
    EXPECT_EQ(refusal("/dev/null").code, errc::KeyUnreadable);
}

TEST(KeyFile, IsRefusedWhenItCannotBeRead) {
    const test::TemporaryFolder folder;
    const conf::Error missing = refusal(folder.path("missing"));
    EXPECT_EQ(missing.code, errc::KeyUnreadable);
    EXPECT_NE(missing.detail.find("signet dkim create"), std::string::npos);
    EXPECT_EQ(refusal(folder.write("x", "y") + "/z").code, errc::KeyUnreadable);
    if (::geteuid() != 0) {
        const std::string path = folder.write("key", test::ed25519_key().pem(), 0200);
        EXPECT_EQ(refusal(path).code, errc::KeyUnreadable);
    }
}

TEST(KeyFile, IsAtMost64Kibibytes) {
    const test::TemporaryFolder folder;
    const std::string pem = test::ed25519_key().pem();
    EXPECT_TRUE(PrivateKey::load(folder.write("fits", pem + std::string(60000, '\n')), false));
    EXPECT_EQ(refusal(folder.write("large", pem + std::string(70000, '\n'))).code,
              errc::KeyUnreadable);
}

TEST(KeyFile, NamesItsPathWhenItsContentIsBad) {
    const test::TemporaryFolder folder;
    EXPECT_EQ(refusal(folder.write("empty", "")).code, errc::KeyMalformed);
    EXPECT_EQ(refusal(folder.write("small", test::foreign_pem("RSA", 1024))).code,
              errc::KeyTooSmall);
}

}  // namespace
