#include "relay/smtp/xtext.h"

#include <string>
#include <string_view>

#include <gtest/gtest.h>

namespace relay::smtp {
namespace {

using namespace std::string_view_literals;

TEST(Xtext, IsDecoded) {
    EXPECT_EQ(decode_xtext(""), "");
    EXPECT_EQ(decode_xtext("plain!~<>@"), "plain!~<>@");
    EXPECT_EQ(decode_xtext("a+2Bb+3Dc"), "a+b=c");
    EXPECT_EQ(decode_xtext("+41"), "A");
    EXPECT_EQ(decode_xtext("+00+0D+0A+FF"), "\0\r\n\xff"sv);
    EXPECT_EQ(decode_xtext("+2B41"), "+41") << "decoded once";
}

TEST(Xtext, IsRefusedWhereItIsNone) {
    for (const std::string_view text : {"+"sv,
                                        "+4"sv,
                                        "a+"sv,
                                        "+4g"sv,
                                        "+G4"sv,
                                        "+2b"sv,
                                        "++41"sv,
                                        "+ 4"sv,
                                        "a=b"sv,
                                        "a b"sv,
                                        "a\tb"sv,
                                        "a\0b"sv,
                                        "a\r\n"sv,
                                        "\x7f"sv,
                                        "\xc3\xa9"sv}) {
        EXPECT_FALSE(decode_xtext(text)) << testing::PrintToString(text);
    }
}

TEST(Xtext, EnvelopeIdHasOneToAHundredPrintableCharacters) {
    EXPECT_EQ(decode_envelope_id("QQ314159"), "QQ314159");
    EXPECT_EQ(decode_envelope_id("a+20b"), "a b");
    EXPECT_TRUE(decode_envelope_id(std::string(100, 'x')));
    EXPECT_FALSE(decode_envelope_id(std::string(101, 'x')));
    std::string encoded;
    for (int i = 0; i < 100; ++i) {
        encoded += "+2B";
    }
    EXPECT_EQ(decode_envelope_id(encoded), std::string(100, '+'));
    EXPECT_FALSE(decode_envelope_id(encoded + "x"));
    for (const char* const bad :
         {"", "a+0Db", "a+0Ab", "+00", "+09", "+7F", "+C3+A9", "a b", "a+"}) {
        EXPECT_FALSE(decode_envelope_id(bad)) << bad;
    }
}

TEST(Xtext, OriginalRecipientHasATypeAndAPrintableAddress) {
    EXPECT_EQ(decode_original_recipient("rfc822;user@example.com"), "rfc822;user@example.com");
    EXPECT_EQ(decode_original_recipient("RFC822;User+2Btag@Example.COM"),
              "RFC822;User+tag@Example.COM");
    EXPECT_EQ(decode_original_recipient("x400;/G+3Da;b"), "x400;/G=a;b");
    EXPECT_EQ(decode_original_recipient("utf-8;j\\x{FC}rgen@example.com"),
              "utf-8;j\\x{FC}rgen@example.com");
    EXPECT_EQ(decode_original_recipient("rfc822;a+20b"), "rfc822;a b");
    for (const char* const bad : {"",
                                  ";",
                                  "rfc822",
                                  "rfc822;",
                                  ";user@example.com",
                                  "rfc 822;a",
                                  "rfc.822;a",
                                  "rfc@822;a",
                                  "rfc822:a",
                                  "rfc822;a b",
                                  "x400;/G=a",
                                  "rfc822;a+0D+0Ab",
                                  "rfc822;a+00",
                                  "rfc822;a+7F",
                                  "rfc822;a+FF",
                                  "rfc822;a+2",
                                  "rf\r\nc;a"}) {
        EXPECT_FALSE(decode_original_recipient(bad)) << bad;
    }
}

TEST(Xtext, OriginalRecipientHasFiveHundredOctetsAsWritten) {
    EXPECT_TRUE(decode_original_recipient("rfc822;" + std::string(493, 'a')));
    EXPECT_FALSE(decode_original_recipient("rfc822;" + std::string(494, 'a')));
}

TEST(Xtext, WritesCharactersOfOriginalRecipientsInSevenBits) {
    EXPECT_EQ(seven_bit_original_recipient("utf-8;\u00a0\u07ff\u0800\uffff\U00010000\U0010ffff@a"),
              "utf-8;\\x{A0}\\x{7FF}\\x{800}\\x{FFFF}\\x{10000}\\x{10FFFF}@a");
    EXPECT_EQ(seven_bit_original_recipient("UTF-8;plain@a"), "UTF-8;plain@a");
    EXPECT_FALSE(seven_bit_original_recipient("rfc822;\u00fc@a"));
    EXPECT_FALSE(seven_bit_original_recipient("utf-8;\xfc@a"));
    EXPECT_FALSE(seven_bit_original_recipient("utf-8;\u009f@a"));
    EXPECT_FALSE(seven_bit_original_recipient(""));
}

}  // namespace
}  // namespace relay::smtp
