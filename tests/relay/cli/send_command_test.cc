#include "relay/cli/send_command.h"

#include <gtest/gtest.h>

#include "tests/relay/status/small_relay.h"

namespace relay::cli {
namespace {

using status::SmallRelay;

SendOptions options() {
    SendOptions options;
    options.from = "app@example.com";
    options.to = "user@example.net";
    return options;
}

/// Exit status, and what stands on stderr.
std::pair<int, std::string> send(const SendOptions& options, const conf::Config& config) {
    testing::internal::CaptureStderr();
    const int status = send_command(options, config);
    return {status, testing::internal::GetCapturedStderr()};
}

TEST(SendCommand, WantsAddressesASubjectAndAFile) {
    const SmallRelay relay(SmallRelay::Phase::Starting);
    auto wrong = options();
    wrong.from = "nobody";
    EXPECT_EQ(send(wrong, *relay.config).first, 2);
    wrong = options();
    wrong.to = "";
    EXPECT_EQ(send(wrong, *relay.config).first, 2);
    wrong = options();
    wrong.subject = "a\nb";
    EXPECT_EQ(send(wrong, *relay.config).first, 2);
    wrong = options();
    wrong.body_file = relay.folder->path() + "/missing";
    EXPECT_EQ(send(wrong, *relay.config).first, 2);
}

TEST(SendCommand, CannotFindOutWithoutAListener) {
    const SmallRelay relay(SmallRelay::Phase::Starting);
    conf::Config config = *relay.config;
    config.listeners.resize(1);
    config.listeners[0].address = conf::Endpoint{*conf::IpAddress::parse("127.0.0.1"), 1, {}};
    const auto [status, said] = send(options(), config);
    EXPECT_EQ(status, 3);
    EXPECT_NE(said.find("127.0.0.1:1"), std::string::npos) << said;
}

}  // namespace
}  // namespace relay::cli
