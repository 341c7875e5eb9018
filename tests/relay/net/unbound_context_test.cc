#include "relay/net/unbound_context.h"

#include <gtest/gtest.h>

namespace relay::net {
namespace {

const conf::Endpoint kServer{conf::IpAddress::parse("192.0.2.1").value(), 53, {}};

TEST(UnboundContext, OpensAStubForServersOfBothFamilies) {
    conf::Dns settings;
    settings.servers = {kServer};
    EXPECT_TRUE(open_stub(settings, "example.com", kServer));
    const conf::Endpoint six{conf::IpAddress::parse("2001:db8::1").value(), 5353, {}};
    EXPECT_TRUE(open_stub(settings, "_domainkey.example.com", six));
}

TEST(UnboundContext, OpensAStubWithoutLookingAtLocalData) {
    conf::Dns settings;
    settings.servers = {kServer};
    settings.local_data = {"no record"};
    EXPECT_FALSE(open_unbound(settings));
    EXPECT_TRUE(open_stub(settings, "example.com", kServer));
}

TEST(UnboundContext, OpensAStubWithTheServersOfThisMachine) {
    EXPECT_TRUE(open_stub(conf::Dns(), "example.com", kServer));
}

TEST(UnboundContext, RefusesAStubForAZoneThatIsNoName) {
    const auto made = open_stub(conf::Dns(), "a..b", kServer);
    ASSERT_FALSE(made);
    EXPECT_EQ(made.error().code, make_error_code(DnsErrc::BadServer));
    EXPECT_NE(made.error().message().find("192.0.2.1@53 for a..b"), std::string::npos);
}

}  // namespace
}  // namespace relay::net
