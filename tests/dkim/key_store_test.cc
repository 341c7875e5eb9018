#include "dkim/key_store.h"

#include <filesystem>
#include <sys/stat.h>
#include <unistd.h>

#include <gtest/gtest.h>

#include "dkim/errors.h"
#include "tests/dkim/temporary_folder.h"
#include "tests/dkim/test_keys.h"

namespace {

std::size_t files_in(const std::string& folder) {
    std::size_t count = 0;
    for (const auto& entry : std::filesystem::directory_iterator(folder)) {
        count += entry.exists() ? 1 : 0;
    }
    return count;
}

TEST(KeyStore, WritesAFileThatOnlyWeCanReadWhateverTheMask) {
    const test::TemporaryFolder folder;
    const mode_t mask = ::umask(0);
    const auto saved = dkim::save_new_key(folder.path("new.pem"), test::rsa_key());
    ::umask(mask);
    ASSERT_TRUE(saved);
    struct stat file {};
    ASSERT_EQ(::stat(folder.path("new.pem").c_str(), &file), 0);
    EXPECT_EQ(file.st_mode & 07777U, 0600U);
    EXPECT_EQ(file.st_nlink, 1U);
    const auto loaded = dkim::PrivateKey::load(folder.path("new.pem"), false);
    ASSERT_TRUE(loaded);
    EXPECT_EQ(loaded->record(), test::rsa_key().record());
    EXPECT_EQ(files_in(folder.path("")), 1U);  // no draft is left
}

TEST(KeyStore, NeverReplacesAFile) {
    const test::TemporaryFolder folder;
    folder.write("old.pem", "precious");
    ASSERT_EQ(::symlink("nowhere", folder.path("link").c_str()), 0);
    for (const char* name : {"old.pem", "link"}) {
        const auto saved = dkim::save_new_key(folder.path(name), test::rsa_key());
        ASSERT_FALSE(saved);
        EXPECT_EQ(saved.error().code, dkim::errc::KeyExists);
    }
    EXPECT_EQ(test::read_all(folder.path("old.pem")), "precious");
    EXPECT_FALSE(std::filesystem::exists(folder.path("nowhere")));
}

TEST(KeyStore, SaysWhyItCannotWrite) {
    const test::TemporaryFolder folder;
    const auto saved = dkim::save_new_key(folder.path("missing/new.pem"), test::rsa_key());
    ASSERT_FALSE(saved);
    EXPECT_EQ(saved.error().code, dkim::errc::KeyUnwritable);
    EXPECT_NE(saved.error().detail.find("No such file"), std::string::npos);
    EXPECT_EQ(dkim::save_new_key("", test::rsa_key()).error().code, dkim::errc::KeyUnwritable);
}

TEST(KeyStore, WritesBesideARelativePath) {
    const test::TemporaryFolder folder;
    const std::filesystem::path before = std::filesystem::current_path();
    std::filesystem::current_path(folder.path(""));
    const auto saved = dkim::save_new_key("relative.pem", test::ed25519_key());
    std::filesystem::current_path(before);
    ASSERT_TRUE(saved);
    EXPECT_TRUE(std::filesystem::exists(folder.path("relative.pem")));
}

}  // namespace
