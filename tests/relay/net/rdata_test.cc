#include "relay/net/rdata.h"

#include <string>

#include <gtest/gtest.h>

#include "tests/support/fake_dns.h"

namespace relay::net {
namespace {

using support::encode_mx;
using support::encode_name;
using support::encode_txt;

TEST(Rdata, ReadsBothAddressFamilies) {
    EXPECT_EQ(decode_address(std::string("\xc0\x00\x02\x01", 4))->text(), "192.0.2.1");
    EXPECT_EQ(
        decode_address(std::string("\x20\x01\x0d\xb8", 4) + std::string(11, '\0') + "\x01")->text(),
        "2001:db8::1");
}

TEST(Rdata, RefusesAddressesOfAnyOtherLength) {
    for (const std::size_t length : {0, 1, 3, 5, 15, 17}) {
        EXPECT_FALSE(decode_address(std::string(length, '\x01'))) << length;
    }
}

TEST(Rdata, ReadsNamesInLowerCaseWithoutTheLastDot) {
    EXPECT_EQ(decode_name(encode_name("Mail.EXAMPLE.com")), "mail.example.com");
    EXPECT_EQ(decode_name(encode_name("_25._tcp.a-b.example")), "_25._tcp.a-b.example");
    EXPECT_EQ(decode_name(std::string(1, '\0')), "");
}

TEST(Rdata, RefusesNamesThatEndEarlyOrLate) {
    const auto whole = encode_name("mail.example.com");
    for (std::size_t length = 0; length < whole.size(); ++length) {
        EXPECT_FALSE(decode_name(whole.substr(0, length))) << length;
    }
    EXPECT_FALSE(decode_name(whole + '\0'));
}

TEST(Rdata, RefusesCompressionAndOverlongLabels) {
    EXPECT_FALSE(decode_name(std::string("\xc0\x00", 2)));
    EXPECT_FALSE(decode_name(std::string(1, '\x40') + std::string(64, 'a') + '\0'));
    EXPECT_TRUE(decode_name(std::string(1, '\x3f') + std::string(63, 'a') + '\0'));
}

TEST(Rdata, RefusesNamesOver255Octets) {
    std::string name;
    for (int i = 0; i < 127; ++i) {
        name += std::string("\x01z", 2);
    }
    EXPECT_TRUE(decode_name(name + '\0'));  // 254 + 1
    EXPECT_FALSE(decode_name(name + std::string("\x01z", 2) + '\0'));
}

TEST(Rdata, RefusesOctetsThatTextWouldHaveToEscape) {
    for (const char odd : {'.', '\\', ' ', '\n', '\0', '\x7f', '\xe9'}) {
        EXPECT_FALSE(decode_name(std::string("\x03") + "a" + odd + "b" + '\0'))
            << static_cast<int>(odd);
    }
}

TEST(Rdata, ReadsMx) {
    const auto mx = decode_mx(encode_mx(258, "MX1.example.net"));
    ASSERT_TRUE(mx);
    EXPECT_EQ(mx->preference, 258);
    EXPECT_EQ(mx->host, "mx1.example.net");
}

TEST(Rdata, ReadsTheNullMx) {
    const auto mx = decode_mx(std::string(3, '\0'));
    ASSERT_TRUE(mx);
    EXPECT_EQ(mx->preference, 0);
    EXPECT_EQ(mx->host, "");
}

TEST(Rdata, RefusesShortMx) {
    EXPECT_FALSE(decode_mx(""));
    EXPECT_FALSE(decode_mx(std::string(2, '\0')));
}

std::string soa(const std::string& mailbox, const std::string& numbers) {
    return encode_name("ns1.example.com") + mailbox + numbers;
}

TEST(Rdata, ReadsTheMinimumOfAnSoa) {
    const std::string numbers = std::string(16, '\x01') + std::string("\x00\x01\x51\x80", 4);
    const auto record = decode_soa(soa(encode_name("hostmaster.example.com"), numbers));
    ASSERT_TRUE(record);
    EXPECT_EQ(record->minimum, 86400U);
    const auto largest = decode_soa(soa(encode_name(""), std::string(20, '\xff')));
    ASSERT_TRUE(largest);
    EXPECT_EQ(largest->minimum, 0xffffffffU);
}

TEST(Rdata, ReadsAnSoaWhoseMailboxNeedsEscapesInText) {
    const auto mailbox = "\x08john.doe" + encode_name("example.com");
    EXPECT_TRUE(decode_soa(soa(mailbox, std::string(20, '\x01'))));
    EXPECT_TRUE(decode_soa(soa(std::string("\x03\x00\xff\\", 4) + '\0', std::string(20, '\x01'))));
}

TEST(Rdata, RefusesAnSoaThatEndsEarlyOrLate) {
    const auto whole = soa(encode_name("hostmaster.example.com"), std::string(20, '\x01'));
    ASSERT_TRUE(decode_soa(whole));
    for (std::size_t length = 0; length < whole.size(); ++length) {
        EXPECT_FALSE(decode_soa(whole.substr(0, length))) << length;
    }
    EXPECT_FALSE(decode_soa(whole + '\0'));
}

TEST(Rdata, RefusesAnSoaWithCompressedOrOverlongNames) {
    const std::string numbers(20, '\x01');
    EXPECT_FALSE(decode_soa(soa(std::string("\xc0\x00", 2), numbers)));
    EXPECT_FALSE(decode_soa(soa('\x40' + std::string(64, 'a') + '\0', numbers)));
    std::string name;
    for (int i = 0; i < 127; ++i) {
        name += "\x01z";
    }
    EXPECT_TRUE(decode_soa(soa(name + '\0', numbers)));
    EXPECT_FALSE(decode_soa(soa(name + "\x01z" + '\0', numbers)));
}

TEST(Rdata, JoinsTheStringsOfATxtRecord) {
    EXPECT_EQ(decode_txt(std::string("\x03v=s\x04pf1 \x00", 10)), "v=spf1 ");
    const std::string long_text(600, 'k');
    EXPECT_EQ(decode_txt(encode_txt(long_text)), long_text);
    EXPECT_EQ(decode_txt(std::string(1, '\0')), "");
}

TEST(Rdata, RefusesTxtThatEndsInsideAString) {
    EXPECT_FALSE(decode_txt(""));
    EXPECT_FALSE(
        decode_txt("\x05"
                   "abcd"));
}

TEST(Rdata, SaysWhichNamesAQuestionCanHold) {
    EXPECT_TRUE(is_askable("example.com"));
    EXPECT_TRUE(is_askable("_dmarc.example.com"));
    EXPECT_TRUE(is_askable(std::string(63, 'a') + ".com"));
    EXPECT_FALSE(is_askable(""));
    EXPECT_FALSE(is_askable("."));
    EXPECT_FALSE(is_askable("a..b"));
    EXPECT_FALSE(is_askable(".a"));
    EXPECT_FALSE(is_askable("a."));
    EXPECT_FALSE(is_askable(std::string(64, 'a') + ".com"));
    EXPECT_FALSE(is_askable("a b.com"));
    EXPECT_FALSE(is_askable("a\\.com"));
    std::string long_name(253, 'a');
    for (std::size_t i = 60; i < long_name.size(); i += 60) {
        long_name[i] = '.';
    }
    EXPECT_TRUE(is_askable(long_name));
    EXPECT_FALSE(is_askable("b" + long_name));
}

TEST(Rdata, NamesEveryType) {
    EXPECT_EQ(name(RecordType::Mx), "MX");
    EXPECT_EQ(name(RecordType::Ns), "NS");
    EXPECT_EQ(name(RecordType::Aaaa), "AAAA");
}

}  // namespace
}  // namespace relay::net
