#include "queue/address.h"

#include <gtest/gtest.h>

#include "queue/errors.h"

namespace queue {
namespace {

std::string parsed(std::string_view text) {
    const auto address = Address::parse(text);
    return address ? address->text() : "refused";
}

std::string reason(std::string_view text) {
    const auto address = Address::parse(text);
    if (address) {
        return "accepted";
    }
    EXPECT_EQ(address.error().code, errc::BadAddress);
    return address.error().detail;
}

TEST(Address, IsNullByDefault) {
    const Address null;
    EXPECT_TRUE(null.is_null());
    EXPECT_EQ(null.text(), "");
    EXPECT_EQ(null.local_part(), "");
    EXPECT_EQ(null.domain(), "");
    EXPECT_FALSE(null.has_literal());
}

TEST(Address, SplitsAtTheDomain) {
    const auto address = Address::parse("first.last+tag@Mail.Example.COM");
    ASSERT_TRUE(address);
    EXPECT_EQ(address->local_part(), "first.last+tag");
    EXPECT_EQ(address->domain(), "mail.example.com");
    EXPECT_EQ(address->text(), "first.last+tag@mail.example.com");
    EXPECT_FALSE(address->is_null());
}

TEST(Address, KeepsTheCaseOfTheLocalPartAlone) {
    EXPECT_EQ(parsed("JoHn@EXAMPLE.com"), "JoHn@example.com");
    EXPECT_EQ(*Address::parse("a@EXAMPLE.com"), *Address::parse("a@example.COM"));
    EXPECT_NE(*Address::parse("A@example.com"), *Address::parse("a@example.com"));
}

TEST(Address, TakesEveryCharacterOfAnAtom) {
    EXPECT_EQ(parsed("!#$%&'*+-/=?^_`{|}~09azAZ@example.com"),
              "!#$%&'*+-/=?^_`{|}~09azAZ@example.com");
}

TEST(Address, TakesQuotedLocalParts) {
    EXPECT_EQ(parsed("\"odd one\"@example.com"), "\"odd one\"@example.com");
    EXPECT_EQ(parsed("\"a@b\"@example.com"), "\"a@b\"@example.com");
    EXPECT_EQ(parsed("\"a\\\"b\\\\\"@example.com"), "\"a\\\"b\\\\\"@example.com");
    EXPECT_EQ(parsed("\"..\"@example.com"), "\"..\"@example.com");
    const auto address = Address::parse("\"a@b\"@example.com");
    ASSERT_TRUE(address);
    EXPECT_EQ(address->local_part(), "\"a@b\"");
    EXPECT_EQ(address->domain(), "example.com");
}

TEST(Address, RefusesBrokenQuotes) {
    EXPECT_EQ(reason("\"a@example.com"), "the quoted local part has no end");
    EXPECT_EQ(reason("\""), "the quoted local part has no end");
    EXPECT_EQ(reason("\"a\\\"@example.com"), "the quoted local part has no end");
    EXPECT_EQ(reason("\"\\"), "the quoted local part has no end");
    EXPECT_NE(reason("\"a\"b@example.com"), "accepted");
    EXPECT_EQ(reason("\"a\""), "it has no domain");
    EXPECT_NE(reason("a\"b\"@example.com"), "accepted");
}

TEST(Address, RefusesMisplacedDots) {
    for (const char* text :
         {".a@example.com", "a.@example.com", "a..b@example.com", ".@example.com"}) {
        EXPECT_NE(reason(text).find("dot"), std::string::npos) << text;
    }
}

TEST(Address, RefusesWhatIsMissing) {
    EXPECT_EQ(reason(""), "it is empty");
    EXPECT_EQ(reason("@example.com"), "the local part is empty");
    EXPECT_EQ(reason("user"), "it has no domain");
    EXPECT_EQ(reason("user@"), "the domain is empty");
}

TEST(Address, RefusesOtherOctets) {
    EXPECT_EQ(reason("us\xC3\xA9r@example.com"), "it has characters outside ASCII");
    EXPECT_EQ(reason("user@ex\xC3\xA4mple.com"), "it has characters outside ASCII");
    EXPECT_EQ(reason("a\rb@example.com"), "it has a control character");
    EXPECT_EQ(reason("\"a\nb\"@example.com"), "it has a control character");
    EXPECT_EQ(reason(std::string_view("a\0b@example.com", 15)), "it has a control character");
    EXPECT_EQ(reason("a\x7f@example.com"), "it has characters outside ASCII");
    for (const char* text : {"a b@example.com",
                             "a@b@example.com",
                             "<a@example.com>",
                             "a,b@example.com",
                             "a(b)@example.com",
                             "@relay:a@example.com",
                             "a@example.com ",
                             "a@exa mple.com"}) {
        EXPECT_NE(reason(text), "accepted") << text;
    }
}

TEST(Address, LimitsItsLengths) {
    EXPECT_NE(parsed(std::string(64, 'a') + "@example.com"), "refused");
    EXPECT_EQ(reason(std::string(65, 'a') + "@example.com"),
              "the local part is longer than 64 octets");
    const std::string label(62, 'b');
    const std::string long_domain = label + "." + label + "." + label + "." + label + ".example";
    EXPECT_EQ(reason("a@" + long_domain), "the domain is longer than 255 octets");
    EXPECT_NE(parsed("a@" + label + "." + label + "." + label + "." + label), "refused");
}

TEST(Address, RefusesBadDomains) {
    EXPECT_EQ(reason("a@example.com."), "the domain ends in a dot");
    for (const char* text :
         {"a@.example.com", "a@example..com", "a@-a.example", "a@exam!ple.com"}) {
        EXPECT_EQ(reason(text).find("the domain is not valid: "), 0U) << text;
    }
}

TEST(Address, TakesAddressLiterals) {
    EXPECT_EQ(parsed("user@[192.0.2.1]"), "user@[192.0.2.1]");
    EXPECT_EQ(parsed("user@[ipv6:2001:DB8:0::1]"), "user@[IPv6:2001:db8::1]");
    const auto address = Address::parse("user@[IPv6:2001:db8::1]");
    ASSERT_TRUE(address);
    EXPECT_TRUE(address->has_literal());
    EXPECT_EQ(address->domain(), "[IPv6:2001:db8::1]");
}

TEST(Address, RefusesBrokenLiterals) {
    for (const char* text : {"u@[",
                             "u@[]",
                             "u@[192.0.2.1",
                             "u@[192.0.2]",
                             "u@[2001:db8::1]",
                             "u@[IPv6:192.0.2.1]",
                             "u@[IPv6:]",
                             "u@[192.0.2.1].example",
                             "u@[192.0.2.1]]",
                             "u@[X400:abc]"}) {
        EXPECT_NE(reason(text).find("literal"), std::string::npos) << text;
    }
}

/// With SMTPUTF8.
std::string utf8(std::string_view text) {
    const auto address = Address::parse(text, Characters::Utf8);
    return address ? address->text() : address.error().detail;
}

TEST(Address, TakesUtf8WhereItIsAllowed) {
    EXPECT_EQ(utf8("j\u00fcrgen@example.com"), "j\u00fcrgen@example.com");
    EXPECT_EQ(utf8("\u7528\u6237.\u5168@example.com"), "\u7528\u6237.\u5168@example.com");
    EXPECT_EQ(utf8("\"\u00fc @ \U0001f4e8\"@example.com"), "\"\u00fc @ \U0001f4e8\"@example.com");
    EXPECT_EQ(utf8("plain@example.com"), "plain@example.com");
    EXPECT_EQ(utf8("\u00a0@example.com"), "\u00a0@example.com");
}

TEST(Address, TurnsDomainsIntoALabels) {
    EXPECT_EQ(utf8("j\u00fcrgen@B\u00dcCHER.example"), "j\u00fcrgen@xn--bcher-kva.example");
    const auto address = Address::parse("user@b\u00fccher.example", Characters::Utf8);
    ASSERT_TRUE(address);
    EXPECT_EQ(*address, *Address::parse("user@xn--bcher-kva.example"));
    EXPECT_TRUE(address->is_ascii());
    EXPECT_EQ(address->domain(), "xn--bcher-kva.example");
}

TEST(Address, KnowsWhetherItIsAscii) {
    EXPECT_TRUE(Address().is_ascii());
    EXPECT_TRUE(Address::parse("a@example.com")->is_ascii());
    EXPECT_FALSE(Address::parse("\u00e4@example.com", Characters::Utf8)->is_ascii());
}

TEST(Address, RefusesWhatIsNoUtf8) {
    for (const char* const text : {"j\xfcrgen@example.com",
                                   "\xc3@example.com",
                                   "\xc0\xaf@example.com",
                                   "\xed\xa0\x80@example.com",
                                   "a@b\xfc.example"}) {
        EXPECT_EQ(utf8(text), "it is no valid UTF-8") << text;
    }
}

TEST(Address, RefusesControlsInUtf8) {
    EXPECT_EQ(utf8("a\u0080b@example.com"), "it has a control character");
    EXPECT_EQ(utf8("\"a\u009fb\"@example.com"), "it has a control character");
    EXPECT_EQ(utf8("a\nb@example.com"), "it has a control character");
    EXPECT_EQ(utf8("a\x7f@example.com"), "it has characters outside ASCII");
}

TEST(Address, RefusesABackslashBeforeUtf8) {
    EXPECT_EQ(utf8("\"a\\\u00fc\"@example.com"),
              "a backslash stands before a character outside ASCII");
    EXPECT_EQ(utf8("\"\u00fc\\\"\"@example.com"), "\"\u00fc\\\"\"@example.com");
}

TEST(Address, LimitsOctetsAlsoInUtf8) {
    std::string local;
    for (int i = 0; i < 32; ++i) {
        local += "\u00fc";
    }
    EXPECT_EQ(utf8(local + "@example.com"), local + "@example.com");
    EXPECT_EQ(utf8(local + "a@example.com"), "the local part is longer than 64 octets");
    std::string domain;
    for (int i = 0; i < 25; ++i) {
        domain += "b\u00fccher\u00fcc.";
    }
    EXPECT_EQ(utf8("a@" + domain + "example"), "the domain is longer than 255 octets");
}

}  // namespace
}  // namespace queue
