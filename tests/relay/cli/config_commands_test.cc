#include "relay/cli/config_commands.h"

#include <fstream>

#include <gtest/gtest.h>

#include "tests/relay/status/small_relay.h"

namespace relay::cli {
namespace {

class ConfigCommands : public testing::Test {
protected:
    std::string write(const std::string& text) {
        const std::string file = folder_.path() + "/signet.toml";
        std::ofstream(file) << text;
        return file;
    }
    /// Exit status of `config check`, and what it says on stderr.
    std::pair<int, std::string> check(const std::string& text) {
        const std::string file = write(text);
        testing::internal::CaptureStderr();
        testing::internal::CaptureStdout();
        const int status = config_check(file);
        testing::internal::GetCapturedStdout();
        return {status, testing::internal::GetCapturedStderr()};
    }

    status::Folder folder_;
    const std::string right_ =
        "hostname = \"mail.example.com\"\n"
        "postmaster = \"postmaster@example.com\"\n"
        "[[domain]]\nname = \"example.com\"\n"
        "[[domain.selector]]\nname = \"2026a\"\nkey = \"/nowhere/key.pem\"\n";
};

TEST_F(ConfigCommands, CheckNamesEveryProblemWithItsPlace) {
    const auto [status, said] = check("hostnam = \"x\"\npostmastr = \"y\"\n" + right_);
    EXPECT_EQ(status, 1);
    EXPECT_NE(said.find("signet.toml:1:1: "), std::string::npos) << said;
    EXPECT_NE(said.find("signet.toml:2:1: "), std::string::npos) << said;
}

TEST_F(ConfigCommands, CheckLooksAtKeyFiles) {
    const auto [status, said] = check(right_);
    EXPECT_EQ(status, 1);
    EXPECT_NE(said.find("signet: "), std::string::npos);
    EXPECT_NE(said.find("/nowhere/key.pem"), std::string::npos) << said;
}

TEST_F(ConfigCommands, CheckIsContentWithWhatIsRight) {
    const status::SmallRelay relay(status::SmallRelay::Phase::Starting);
    std::string key = right_;
    key.replace(key.find("/nowhere"), 8, relay.folder->path());
    const auto [status, said] = check(key);
    EXPECT_EQ(status, 0) << said;
    EXPECT_EQ(said, "");
}

TEST_F(ConfigCommands, AFileThatIsNotThereIsNoConfiguration) {
    testing::internal::CaptureStderr();
    EXPECT_EQ(load_config(folder_.path() + "/missing.toml"), nullptr);
    EXPECT_NE(testing::internal::GetCapturedStderr().find("missing.toml"), std::string::npos);
}

TEST_F(ConfigCommands, ShowPrintsWhatIsInForce) {
    const auto config = load_config(write(right_));
    ASSERT_TRUE(config);
    testing::internal::CaptureStdout();
    EXPECT_EQ(config_show(*config), 0);
    const std::string shown = testing::internal::GetCapturedStdout();
    EXPECT_NE(shown.find("hostname = \"mail.example.com\""), std::string::npos);
    EXPECT_NE(shown.find("expire_after = \"4d\""), std::string::npos);
}

TEST_F(ConfigCommands, ShowMasksPasswords) {
    const auto config = load_config(write(
        right_ +
        "[[user]]\nname = \"billing\"\npassword = \"SCRAM-SHA-256$4096:W22ZaJ0SNY7soEsUEjb6gQ==$"
        "WG5d8oPm3OtcPnkdi4Uo7BkeZkBFzpcXkuLmtbsT4qY=:"
        "wfPLwcE6nTWhTAmQ7tl2KeoiWGPlZqQxSrmfPwDl2dU=\"\n"));
    ASSERT_TRUE(config);
    testing::internal::CaptureStdout();
    EXPECT_EQ(config_show(*config), 0);
    const std::string shown = testing::internal::GetCapturedStdout();
    EXPECT_NE(shown.find("name = \"billing\"\npassword = \"********\"\n"), std::string::npos);
    EXPECT_EQ(shown.find("SCRAM"), std::string::npos);
}

}  // namespace
}  // namespace relay::cli
