#include "relay/cli/submission_server.h"

#include <gtest/gtest.h>

namespace relay::cli {
namespace {

conf::Listener listener(const std::string& address, std::uint16_t port = 2525) {
    conf::Listener listener;
    listener.address = conf::Endpoint{*conf::IpAddress::parse(address), port, {}};
    return listener;
}

std::string chosen(std::vector<conf::Listener> listeners) {
    conf::Config config;
    config.listeners = std::move(listeners);
    const auto server = submission_server(config, ControlClient("/nonexistent/control.sock"));
    return server ? server->text() : "! " + server.error().message();
}

TEST(SubmissionServer, IsTheFirstListener) {
    EXPECT_EQ(chosen({listener("127.0.0.1"), listener("127.0.0.1", 587)}), "127.0.0.1:2525");
    EXPECT_EQ(chosen({listener("::1")}), "[::1]:2525");
    EXPECT_EQ(chosen({}), "127.0.0.1:2525");
}

TEST(SubmissionServer, ReachesEveryAddressThroughLoopback) {
    EXPECT_EQ(chosen({listener("0.0.0.0")}), "127.0.0.1:2525");
    EXPECT_EQ(chosen({listener("::")}), "[::1]:2525");
}

TEST(SubmissionServer, MustTakeMailInTheClear) {
    for (const auto tls : {conf::ListenerTls::Implicit, conf::ListenerTls::RequiredStartTls}) {
        auto closed = listener("127.0.0.1", 465);
        closed.tls = tls;
        auto open = listener("127.0.0.1", 587);
        open.tls = conf::ListenerTls::StartTls;
        EXPECT_EQ(chosen({closed, open}), "127.0.0.1:587");
        EXPECT_TRUE(chosen({closed}).starts_with("! no listener takes mail"));
    }
}

TEST(SubmissionServer, MustTakeMailWithoutALogin) {
    auto closed = listener("127.0.0.1", 587);
    closed.auth = conf::Auth::Required;
    EXPECT_EQ(chosen({closed, listener("127.0.0.1")}), "127.0.0.1:2525");
    EXPECT_TRUE(chosen({closed}).starts_with("! no listener"));
}

TEST(SubmissionServer, MustKnowThisHost) {
    auto strange = listener("127.0.0.1");
    strange.clients = {{*conf::IpNetwork::parse("10.0.0.0/8"), {}}};
    EXPECT_TRUE(chosen({strange}).starts_with("! no listener"));
    // A connection to one's own address comes from that address.
    strange.address.address = *conf::IpAddress::parse("10.1.2.3");
    EXPECT_EQ(chosen({strange}), "10.1.2.3:2525");
    EXPECT_TRUE(chosen({listener("10.1.2.3")}).starts_with("! no listener"));
    // Within 127/8 it comes from 127.0.0.1.
    auto other = listener("127.0.0.9");
    other.clients = {{*conf::IpNetwork::parse("127.0.0.1"), {}}};
    EXPECT_EQ(chosen({other}), "127.0.0.9:2525");
}

TEST(SubmissionServer, MustNotTakeThisHostForAProxy) {
    auto behind = listener("127.0.0.1");
    behind.proxy_protocol = {*conf::IpNetwork::parse("127.0.0.0/8")};
    EXPECT_EQ(chosen({behind, listener("127.0.0.1", 587)}), "127.0.0.1:587");
    EXPECT_TRUE(chosen({behind}).starts_with("! no listener"));
    behind.proxy_protocol = {*conf::IpNetwork::parse("10.0.0.0/8")};
    EXPECT_EQ(chosen({behind}), "127.0.0.1:2525");
}

}  // namespace
}  // namespace relay::cli
