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

TEST(Limits, MemoryIsSharedByReceivingAndFirstAttempts) {
    constexpr std::size_t kMiB = 1024 * 1024;
    Limits limits;
    EXPECT_EQ(limits.memory_for_contents(), 64 * kMiB);
    EXPECT_EQ(limits.memory_for_receiving(), 448 * kMiB);
    limits.memory = 4 * kMiB;
    EXPECT_EQ(limits.memory_for_contents(), kMiB);
    EXPECT_EQ(limits.memory_for_receiving(), 3 * kMiB);
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
    config.domains.emplace_back().name = DomainName::parse("example.com").value();
    EXPECT_EQ(config.find_domain(DomainName::parse("EXAMPLE.com").value()), config.domains.data());
    EXPECT_EQ(config.find_domain(DomainName::parse("a.example.com").value()), nullptr);
    EXPECT_EQ(config.find_domain(DomainName()), nullptr);
}

DomainName domain(std::string_view text) {
    return DomainName::parse(text).value();
}

TEST(Senders, AllowEveryDomainUnlessLimited) {
    const Senders anyone;
    EXPECT_TRUE(anyone.allow("a", "example.com"));
    EXPECT_TRUE(anyone.allow("", ""));
    EXPECT_TRUE(anyone.allow("a", "[192.0.2.1]"));
    const Senders nobody{false, {}, {}};
    EXPECT_FALSE(nobody.allow("a", "example.com"));
}

TEST(Senders, LimitToDomainsAndMailboxes) {
    const Senders some{
        false, {domain("example.com"), domain("bücher.example")}, {{"No.Reply", domain("b.org")}}};
    EXPECT_TRUE(some.allow("a", "example.com"));
    EXPECT_TRUE(some.allow("", "EXAMPLE.com"));
    EXPECT_TRUE(some.allow("x", "xn--bcher-kva.example"));
    EXPECT_TRUE(some.allow("x", "BÜCHER.example"));
    EXPECT_TRUE(some.allow("No.Reply", "B.org"));
    EXPECT_FALSE(some.allow("no.reply", "b.org"));
    EXPECT_FALSE(some.allow("No.Reply", "a.b.org"));
    EXPECT_FALSE(some.allow("", "b.org"));
    EXPECT_FALSE(some.allow("a", "sub.example.com"));
    EXPECT_FALSE(some.allow("a", "[192.0.2.1]"));
    EXPECT_FALSE(some.allow("a", ""));
    EXPECT_FALSE(some.allow("a", std::string_view("example.com\0", 12)));
}

TEST(Listener, FindsTheClientWithTheLongestPrefix) {
    Listener listener;
    const auto entry = [](std::string_view network) {
        return Client{IpNetwork::parse(network).value(), {}};
    };
    listener.clients = {
        entry("10.0.0.0/8"), entry("10.1.0.0/16"), entry("10.1.2.3"), entry("fd00::/8")};
    EXPECT_EQ(listener.find_client(ip("10.2.0.1")), &listener.clients[0]);
    EXPECT_EQ(listener.find_client(ip("10.1.0.1")), &listener.clients[1]);
    EXPECT_EQ(listener.find_client(ip("10.1.2.3")), &listener.clients[2]);
    EXPECT_EQ(listener.find_client(ip("fd12::1")), &listener.clients[3]);
    EXPECT_EQ(listener.find_client(ip("11.0.0.1")), nullptr);
    EXPECT_EQ(listener.find_client(ip("::ffff:10.1.2.3")), nullptr);
    listener.clients = {entry("10.1.2.3"), entry("10.0.0.0/8")};
    EXPECT_EQ(listener.find_client(ip("10.1.2.3")), listener.clients.data());
    listener.clients.clear();
    EXPECT_EQ(listener.find_client(ip("10.1.2.3")), nullptr);
}

TEST(Config, FindsUsersByTheirExactName) {
    Config config;
    config.users = {{"a", {}, {}}, {"ab", {}, {}}};
    EXPECT_EQ(config.find_user("ab"), &config.users[1]);
    EXPECT_EQ(config.find_user("A"), nullptr);
    EXPECT_EQ(config.find_user(""), nullptr);
    EXPECT_EQ(config.find_user("abc"), nullptr);
}

}  // namespace
}  // namespace conf
