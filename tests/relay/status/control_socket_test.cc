#include "relay/status/control_socket.h"

#include <cstring>
#include <filesystem>
#include <fstream>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <gtest/gtest.h>

#include "tests/relay/status/small_relay.h"

namespace relay::status {
namespace {

mode_t mode_of(const std::string& path) {
    struct stat found {};
    return ::lstat(path.c_str(), &found) == 0 ? found.st_mode & 07777 : 0;
}

TEST(ControlSocket, IsForOwnerAndGroup) {
    const Folder folder;
    const mode_t before = ::umask(077);
    const auto opened = open_control_socket(folder.path() + "/control.sock");
    ::umask(before);
    ASSERT_TRUE(opened) << opened.error().message();
    EXPECT_EQ(mode_of(folder.path() + "/control.sock"), 0660U);
    ::close(*opened);
}

TEST(ControlSocket, ReplacesWhatADeadRelayLeft) {
    const Folder folder;
    const std::string path = folder.path() + "/control.sock";
    const auto first = open_control_socket(path);
    ASSERT_TRUE(first);
    ::close(*first);
    ASSERT_TRUE(std::filesystem::exists(path));
    const auto second = open_control_socket(path);
    ASSERT_TRUE(second) << second.error().message();
    ::close(*second);
}

TEST(ControlSocket, LeavesALiveOneAlone) {
    const Folder folder;
    const std::string path = folder.path() + "/control.sock";
    const auto first = open_control_socket(path);
    ASSERT_TRUE(first);
    const auto second = open_control_socket(path);
    ASSERT_FALSE(second);
    EXPECT_NE(second.error().message().find("another relay answers there"), std::string::npos);
    EXPECT_NE(second.error().message().find(path), std::string::npos);
    ::close(*first);
}

TEST(ControlSocket, NeverRemovesWhatIsNoSocket) {
    const Folder folder;
    const std::string path = folder.path() + "/control.sock";
    std::ofstream(path) << "precious";
    EXPECT_FALSE(open_control_socket(path));
    EXPECT_TRUE(std::filesystem::is_regular_file(path));
}

TEST(ControlSocket, ExplainsAPathThatCannotBe) {
    const Folder folder;
    const auto missing = open_control_socket(folder.path() + "/no/such/folder/control.sock");
    ASSERT_FALSE(missing);
    EXPECT_NE(missing.error().message().find("folder"), std::string::npos);
    const auto too_long = open_control_socket("/tmp/" + std::string(200, 'x'));
    ASSERT_FALSE(too_long);
    EXPECT_NE(too_long.error().message().find("107 octets"), std::string::npos);
}

}  // namespace
}  // namespace relay::status
