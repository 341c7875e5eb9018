#include "conf/secret_file.h"

#include <fstream>

#include <gtest/gtest.h>

#include "conf/errors.h"
#include "tests/support/temporary_folder.h"

namespace conf {
namespace {

class SecretFile : public testing::Test {
protected:
    Result<std::string> read(const std::string& text) {
        std::ofstream(folder_.file("secret"), std::ios::binary) << text;
        return read_secret_file(folder_.file("secret"));
    }
    static std::string fault(const Result<std::string>& result) {
        EXPECT_FALSE(result);
        if (result) {
            return "none";
        }
        EXPECT_EQ(result.error().code, errc::BadSecretFile);
        return result.error().detail;
    }

    support::TemporaryFolder folder_;
};

TEST_F(SecretFile, LeavesTheLineEndAway) {
    EXPECT_EQ(read("secret\n").value(), "secret");
    EXPECT_EQ(read("secret\r\n").value(), "secret");
    EXPECT_EQ(read("secret").value(), "secret");
    EXPECT_EQ(read(" s\xC3\xBC ${x} ").value(), " s\xC3\xBC ${x} ");
    EXPECT_EQ(read("").value(), "");
}

TEST_F(SecretFile, RefusesMoreThanOneLineOfText) {
    for (const char* text : {"a\nb\n", "a\n\n", "a\r", "a\tb", "\xFF"}) {
        EXPECT_EQ(fault(read(text)), "it holds a control character, or no UTF-8") << text;
    }
    EXPECT_EQ(fault(read(std::string("a\0b", 3))), "it holds a control character, or no UTF-8");
}

TEST_F(SecretFile, BoundsItsSize) {
    EXPECT_EQ(read(std::string(65536, 'a')).value(), std::string(65536, 'a'));
    EXPECT_EQ(fault(read(std::string(65537, 'a'))), "it is larger than 64 KiB");
}

TEST_F(SecretFile, RefusesWhatIsNoFile) {
    EXPECT_EQ(fault(read_secret_file(folder_.file("missing"))), "No such file or directory");
    EXPECT_EQ(fault(read_secret_file(folder_.path())), "it is no regular file");
    EXPECT_EQ(fault(read_secret_file("/dev/zero")), "it is no regular file");
}

}  // namespace
}  // namespace conf
