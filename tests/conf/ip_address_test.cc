#include "conf/ip_address.h"

#include <gtest/gtest.h>

namespace conf {
namespace {

std::string printed(std::string_view text) {
    const auto address = IpAddress::parse(text);
    return address ? address->text() : "refused";
}

std::string network(std::string_view text) {
    const auto parsed = IpNetwork::parse(text);
    return parsed ? parsed->text() : "refused";
}

IpAddress ip(std::string_view text) {
    return IpAddress::parse(text).value();
}

TEST(IpAddress, PrintsInTheFormOfRfc5952) {
    EXPECT_EQ(printed("192.0.2.1"), "192.0.2.1");
    EXPECT_EQ(printed("2001:DB8:0:0:0:0:0:1"), "2001:db8::1");
    EXPECT_EQ(printed("2001:db8:0:1:1:1:1:1"), "2001:db8:0:1:1:1:1:1");
    EXPECT_EQ(printed("::"), "::");
    EXPECT_EQ(printed("::ffff:192.0.2.1"), "::ffff:192.0.2.1");
    EXPECT_EQ(IpAddress().text(), "0.0.0.0");
}

TEST(IpAddress, RefusesWhatIsNoAddress) {
    for (const std::string_view text : {"",
                                        "1.2.3",
                                        "1.2.3.4.5",
                                        "256.1.1.1",
                                        "01.2.3.4",
                                        " 1.2.3.4",
                                        "1.2.3.4 ",
                                        "fe80::1%eth0",
                                        "[::1]",
                                        "1:2",
                                        ":::",
                                        "0x7f.1",
                                        "localhost",
                                        "1111:2222:3333:4444:5555:6666:7777:8888:9999"}) {
        EXPECT_EQ(printed(text), "refused") << text;
    }
    EXPECT_EQ(printed(std::string_view("127.0.0.1\0", 10)), "refused");
    EXPECT_EQ(printed(std::string(1000, '1')), "refused");
}

TEST(IpAddress, GivesOctetsInNetworkOrder) {
    EXPECT_EQ(ip("1.2.3.4").octets(), "\x01\x02\x03\x04");
    EXPECT_EQ(ip("::1").octets(), std::string(15, '\0') + "\x01");
    EXPECT_EQ(ip("1.2.3.4"), IpAddress::v4({1, 2, 3, 4}));
    EXPECT_NE(ip("0.0.0.0"), ip("::"));
}

TEST(IpAddress, MakesTheReverseName) {
    EXPECT_EQ(ip("192.0.2.1").reverse_name(), "1.2.0.192.in-addr.arpa");
    EXPECT_EQ(ip("2001:db8::567:89ab").reverse_name(),
              "b.a.9.8.7.6.5.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2.ip6.arpa");
}

TEST(IpAddress, UnmapsOnlyMappedAddresses) {
    EXPECT_EQ(ip("::ffff:192.0.2.1").unmapped(), ip("192.0.2.1"));
    EXPECT_EQ(ip("::fffe:192.0.2.1").unmapped(), ip("::fffe:192.0.2.1"));
    EXPECT_EQ(ip("1::ffff:192.0.2.1").unmapped(), ip("1::ffff:192.0.2.1"));
    EXPECT_EQ(ip("192.0.2.1").unmapped(), ip("192.0.2.1"));
}

TEST(IpAddress, KnowsLoopback) {
    for (const auto* text : {"127.0.0.1", "127.255.0.9", "::1", "::ffff:127.0.0.1"}) {
        EXPECT_TRUE(ip(text).is_loopback()) << text;
    }
    for (const auto* text :
         {"128.0.0.1", "126.255.255.255", "::", "::2", "1::1", "::ffff:128.0.0.1"}) {
        EXPECT_FALSE(ip(text).is_loopback()) << text;
    }
}

TEST(IpAddress, KnowsPrivateRangesToTheirEdges) {
    for (const auto* text : {"10.0.0.0",
                             "10.255.255.255",
                             "172.16.0.0",
                             "172.31.255.255",
                             "192.168.0.1",
                             "100.64.0.0",
                             "100.127.255.255",
                             "fc00::",
                             "fdff::1",
                             "::ffff:10.0.0.1"}) {
        EXPECT_TRUE(ip(text).is_private()) << text;
    }
    for (const auto* text : {"9.255.255.255",
                             "11.0.0.0",
                             "172.15.255.255",
                             "172.32.0.0",
                             "192.167.255.255",
                             "192.169.0.0",
                             "100.63.255.255",
                             "100.128.0.0",
                             "fbff::1",
                             "fe00::1",
                             "192.0.2.1"}) {
        EXPECT_FALSE(ip(text).is_private()) << text;
    }
}

TEST(IpAddress, KnowsWhatIsNeverAMailServer) {
    for (const auto* text : {"0.0.0.0",
                             "0.1.2.3",
                             "224.0.0.1",
                             "239.255.255.255",
                             "240.0.0.1",
                             "255.255.255.255",
                             "169.254.1.1",
                             "::",
                             "ff02::1",
                             "fe80::1",
                             "febf::1",
                             "::ffff:192.0.2.1"}) {
        EXPECT_TRUE(ip(text).is_unusable()) << text;
    }
    for (const auto* text : {"1.0.0.0",
                             "223.255.255.255",
                             "169.253.1.1",
                             "192.0.2.1",
                             "127.0.0.1",
                             "10.0.0.1",
                             "2001:db8::1",
                             "fe7f::1",
                             "fec0::1",
                             "::1"}) {
        EXPECT_FALSE(ip(text).is_unusable()) << text;
    }
}

TEST(IpNetwork, ParsesBlocksAndSingleAddresses) {
    EXPECT_EQ(network("192.0.2.0/24"), "192.0.2.0/24");
    EXPECT_EQ(network("192.0.2.1"), "192.0.2.1");
    EXPECT_EQ(network("192.0.2.1/32"), "192.0.2.1");
    EXPECT_EQ(network("2001:db8::/32"), "2001:db8::/32");
    EXPECT_EQ(network("::1"), "::1");
    EXPECT_EQ(network("0.0.0.0/0"), "0.0.0.0/0");
    EXPECT_EQ(network("128.0.0.0/1"), "128.0.0.0/1");
}

TEST(IpNetwork, RefusesBitsBehindThePrefixAndOddPrefixes) {
    for (const auto* text : {"192.0.2.1/24",
                             "10.0.0.1/31",
                             "64.0.0.0/1",
                             "2001:db8::1/64",
                             "10.0.0.0/33",
                             "::/129",
                             "10.0.0.0/",
                             "10.0.0.0/-1",
                             "10.0.0.0/+8",
                             "10.0.0.0/8 ",
                             "10.0.0.0/8/8",
                             "/8",
                             "",
                             "10.0.0.0/99999999999"}) {
        EXPECT_EQ(network(text), "refused") << text;
    }
}

TEST(IpNetwork, ContainsItsAddressesOnly) {
    const IpNetwork block = IpNetwork::parse("192.0.2.128/25").value();
    EXPECT_TRUE(block.contains(ip("192.0.2.128")));
    EXPECT_TRUE(block.contains(ip("192.0.2.255")));
    EXPECT_FALSE(block.contains(ip("192.0.2.127")));
    EXPECT_FALSE(block.contains(ip("192.0.3.128")));
    EXPECT_FALSE(block.contains(ip("::ffff:192.0.2.128")));
    EXPECT_TRUE(IpNetwork::parse("::/0")->contains(ip("2001:db8::1")));
    EXPECT_FALSE(IpNetwork::parse("::/0")->contains(ip("192.0.2.1")));
    EXPECT_TRUE(IpNetwork::parse("::1")->contains(ip("::1")));
    EXPECT_FALSE(IpNetwork::parse("::1")->contains(ip("::2")));
}

}  // namespace
}  // namespace conf
