#include "conf/config.h"

#include <gtest/gtest.h>

namespace conf {
namespace {

IpAddress ip(std::string_view text) {
    return IpAddress::parse(text).value();
}

TEST(Limits, FreeDiskIsEnoughForTheLargestMessage) {
    constexpr std::uint64_t kMiB = 1024 * 1024;
    Limits limits;
    EXPECT_EQ(limits.effective_min_free_disk(), 128 * kMiB);
    limits.message_size = 200 * kMiB;
    EXPECT_EQ(limits.effective_min_free_disk(), 300 * kMiB);
    limits.min_free_disk = 0;
    EXPECT_EQ(limits.effective_min_free_disk(), 0U);
}

TEST(Delivery, SkipsLoopbackAndPrivateAddressesUnlessAllowed) {
    Delivery delivery;
    EXPECT_TRUE(delivery.allows(ip("192.0.2.1")));
    EXPECT_TRUE(delivery.allows(ip("2001:db8::1")));
    EXPECT_FALSE(delivery.allows(ip("127.0.0.1")));
    EXPECT_FALSE(delivery.allows(ip("10.0.0.1")));
    EXPECT_FALSE(delivery.allows(ip("::1")));
    delivery.allowed_private_addresses = {IpNetwork::parse("10.0.0.0/8").value()};
    EXPECT_TRUE(delivery.allows(ip("10.0.0.1")));
    EXPECT_FALSE(delivery.allows(ip("127.0.0.1")));
    delivery.allow_all_private_addresses = true;
    EXPECT_TRUE(delivery.allows(ip("127.0.0.1")));
    EXPECT_TRUE(delivery.allows(ip("fd00::1")));
}

TEST(Delivery, NeverAllowsWhatIsNoHost) {
    Delivery delivery;
    delivery.allow_all_private_addresses = true;
    EXPECT_FALSE(delivery.allows(ip("0.0.0.0")));
    EXPECT_FALSE(delivery.allows(ip("224.0.0.1")));
    EXPECT_FALSE(delivery.allows(ip("::ffff:127.0.0.1")));
}

TEST(Config, FindsDomainsByTheirExactName) {
    Config config;
    config.domains.push_back({DomainName::parse("example.com").value(), false, {}});
    EXPECT_EQ(config.find_domain(DomainName::parse("EXAMPLE.com").value()), config.domains.data());
    EXPECT_EQ(config.find_domain(DomainName::parse("a.example.com").value()), nullptr);
    EXPECT_EQ(config.find_domain(DomainName()), nullptr);
}

}  // namespace
}  // namespace conf
