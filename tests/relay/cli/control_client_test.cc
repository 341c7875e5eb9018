#include "relay/cli/control_client.h"

#include <array>
#include <cstring>
#include <sys/socket.h>
#include <sys/un.h>
#include <thread>
#include <unistd.h>

#include <gtest/gtest.h>

#include "relay/status/control_socket.h"
#include "tests/relay/status/small_relay.h"

namespace relay::cli {
namespace {

using status::SmallRelay;

TEST(ControlClient, GetsAndPosts) {
    SmallRelay relay;
    const ControlClient client(relay.control_path());
    const auto health = client.get("/healthz");
    ASSERT_TRUE(health) << health.error().message();
    EXPECT_EQ(health->status, 200);
    EXPECT_EQ(health->body, "{\"healthy\":true}\n");
    const auto check = client.post("/check", "");
    ASSERT_TRUE(check);
    EXPECT_EQ(check->status, 202);
    EXPECT_EQ(relay.checks, 1);
}

TEST(ControlClient, TellsTheRelaysError) {
    SmallRelay relay;
    const auto answer = ControlClient(relay.control_path()).post("/queue/delete", "{}");
    ASSERT_TRUE(answer);
    EXPECT_EQ(answer->status, 400);
    EXPECT_EQ(answer->error(), "say which messages, or {\"all\": true}");
    EXPECT_EQ((ControlClient::Answer{500, "not json"}).error(), "HTTP status 500");
}

TEST(ControlClient, KnowsThatNoRelayRuns) {
    const status::Folder folder;
    const std::string path = folder.path() + "/control.sock";
    const auto missing = ControlClient(path).get("/healthz");
    ASSERT_FALSE(missing);
    EXPECT_TRUE(is_no_relay(missing.error()));
    const auto dead = status::open_control_socket(path);
    ASSERT_TRUE(dead);
    ::close(*dead);
    const auto refused = ControlClient(path).get("/healthz");
    ASSERT_FALSE(refused);
    EXPECT_TRUE(is_no_relay(refused.error()));
    EXPECT_NE(refused.error().message().find("is the relay running?"), std::string::npos);
    const auto too_long = ControlClient(std::string(200, 'x')).get("/");
    ASSERT_FALSE(too_long);
    EXPECT_FALSE(is_no_relay(too_long.error()));
}

/// What the client makes of a relay that answers so.
conf::Result<ControlClient::Answer> heard(const std::string& octets) {
    const status::Folder folder;
    const std::string path = folder.path() + "/control.sock";
    const int listener = status::open_control_socket(path).value();
    std::thread relay([&octets, listener] {
        int connection = -1;
        while (connection < 0) {  // the listener does not block
            connection = ::accept(listener, nullptr, nullptr);
        }
        std::array<char, 4096> buffer{};
        (void)::recv(connection, buffer.data(), buffer.size(), 0);
        (void)::send(connection, octets.data(), octets.size(), MSG_NOSIGNAL);
        ::close(connection);
    });
    auto answer = ControlClient(path).get("/status");
    relay.join();
    ::close(listener);
    return answer;
}

TEST(ControlClient, RefusesAnswersThatAreCutShort) {
    const std::string whole = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}";
    ASSERT_TRUE(heard(whole));
    EXPECT_EQ(heard(whole)->body, "{}");
    for (std::size_t length = 0; length < whole.size(); ++length) {
        EXPECT_FALSE(heard(whole.substr(0, length))) << length;
    }
    EXPECT_FALSE(heard(whole + "x"));
    EXPECT_FALSE(heard("220 mail.example.com\r\n\r\n"));
    EXPECT_FALSE(heard("HTTP/1.1 xxx OK\r\nContent-Length: 0\r\n\r\n"));
    EXPECT_FALSE(heard("HTTP/1.1 200 OK\r\n\r\n"));
}

}  // namespace
}  // namespace relay::cli
