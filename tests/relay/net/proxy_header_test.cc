#include "relay/net/proxy_header.h"

#include <string>

#include <gtest/gtest.h>

namespace {

using relay::net::kMaxProxyHeader;
using relay::net::parse_proxy_header;
using State = relay::net::ProxyHeader::State;

/// The client, "-" for none, "?" for a header that is not complete, "!" for none at all.
std::string read(const std::string& octets) {
    const auto header = parse_proxy_header(octets + "EHLO x");
    if (header.state == State::Complete) {
        EXPECT_EQ(header.size, octets.size());
        return header.client ? header.client->text() : "-";
    }
    return header.state == State::NeedMore ? "?" : "!";
}

std::string binary(char command, char family, const std::string& rest, std::size_t length) {
    std::string octets("\r\n\r\n\0\r\nQUIT\n", 12);
    octets += command;
    octets += family;
    octets += static_cast<char>(length >> 8);
    octets += static_cast<char>(length & 0xff);
    return octets + rest;
}

std::string binary(char command, char family, const std::string& rest) {
    return binary(command, family, rest, rest.size());
}

const std::string kV4("\xC0\x00\x02\x07\xC6\x33\x64\x01\x10\x00\x00\x19", 12);
const std::string kV6 =
    std::string("\x20\x01\x0d\xb8", 4) + std::string(11, '\0') + "\x09" + std::string(20, '\1');

TEST(ProxyHeader, ReadsTheTextForm) {
    EXPECT_EQ(read("PROXY TCP4 192.0.2.7 198.51.100.1 40000 25\r\n"), "192.0.2.7");
    EXPECT_EQ(read("PROXY TCP6 2001:db8::9 2001:db8::1 40000 25\r\n"), "2001:db8::9");
    EXPECT_EQ(read("PROXY TCP6 ::ffff:192.0.2.7 2001:db8::1 1 25\r\n"), "192.0.2.7");
    EXPECT_EQ(read("PROXY UNKNOWN\r\n"), "-");
    EXPECT_EQ(read("PROXY UNKNOWN whatever it says\r\n"), "-");
}

TEST(ProxyHeader, RefusesABrokenTextForm) {
    for (const auto* line : {"PROXY TCP4 192.0.2.7 198.51.100.1 40000\r\n",
                             "PROXY TCP4 192.0.2.7 198.51.100.1 40000 25 \r\n",
                             "PROXY TCP4 192.0.2.7  198.51.100.1 40000 25\r\n",
                             "PROXY TCP4 192.0.2.7 198.51.100.1 70000 25\r\n",
                             "PROXY TCP4 192.0.2.7 198.51.100.1 -1 25\r\n",
                             "PROXY TCP4 192.0.2.7 198.51.100.1 025 25\r\n",
                             "PROXY TCP4 2001:db8::9 2001:db8::1 40000 25\r\n",
                             "PROXY TCP6 192.0.2.7 198.51.100.1 40000 25\r\n",
                             "PROXY TCP4 192.0.2.256 198.51.100.1 40000 25\r\n",
                             "PROXY UDP4 192.0.2.7 198.51.100.1 40000 25\r\n",
                             "PROXY \r\n",
                             "PROXY tcp4 192.0.2.7 198.51.100.1 40000 25\r\n",
                             "proxy UNKNOWN\r\n",
                             "EHLO client.example\r\n",
                             "\x16\x03\x01"}) {
        EXPECT_EQ(read(line), "!") << line;
    }
    EXPECT_EQ(read("PROXY UNKNOWN " + std::string(100, 'x') + "\r\n"), "!");
}

TEST(ProxyHeader, ReadsTheBinaryForm) {
    EXPECT_EQ(read(binary('\x21', '\x11', kV4)), "192.0.2.7");
    EXPECT_EQ(read(binary('\x21', '\x21', kV6)), "2001:db8::9");
    EXPECT_EQ(read(binary('\x21', '\x11', kV4 + "extensions of any kind")), "192.0.2.7");
    EXPECT_EQ(read(binary('\x20', '\x11', kV4)), "-") << "LOCAL";
    EXPECT_EQ(read(binary('\x20', '\x00', "")), "-");
    EXPECT_EQ(read(binary('\x21', '\x31', std::string(216, 'u'))), "-") << "a Unix socket";
}

TEST(ProxyHeader, RefusesABrokenBinaryForm) {
    EXPECT_EQ(read(binary('\x11', '\x11', kV4)), "!") << "version 1";
    EXPECT_EQ(read(binary('\x22', '\x11', kV4)), "!") << "a command that is none";
    EXPECT_EQ(read(binary('\x21', '\x11', kV4.substr(1))), "!") << "too short for its family";
    EXPECT_EQ(read(binary('\x21', '\x21', kV4)), "!");
    EXPECT_EQ(read(binary('\x21', '\x11', kV4, kMaxProxyHeader)), "!") << "endless";
}

TEST(ProxyHeader, WaitsForItsEndAndNoLonger) {
    for (const std::string& whole : {std::string("PROXY TCP4 192.0.2.7 198.51.100.1 40000 25\r\n"),
                                     binary('\x21', '\x11', kV4)}) {
        for (std::size_t size = 0; size < whole.size(); ++size) {
            EXPECT_EQ(parse_proxy_header(whole.substr(0, size)).state, State::NeedMore) << size;
        }
        EXPECT_EQ(parse_proxy_header(whole).state, State::Complete);
    }
    EXPECT_EQ(parse_proxy_header("PROXX").state, State::Malformed);
    EXPECT_EQ(parse_proxy_header("\r\n\r\nX").state, State::Malformed);
}

}  // namespace
