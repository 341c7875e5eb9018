#include "conf/base64.h"

#include <gtest/gtest.h>

namespace {

// RFC 4648 10
TEST(Base64, EncodesTheVectorsOfTheRfc) {
    EXPECT_EQ(conf::encode_base64(""), "");
    EXPECT_EQ(conf::encode_base64("f"), "Zg==");
    EXPECT_EQ(conf::encode_base64("fo"), "Zm8=");
    EXPECT_EQ(conf::encode_base64("foo"), "Zm9v");
    EXPECT_EQ(conf::encode_base64("foob"), "Zm9vYg==");
    EXPECT_EQ(conf::encode_base64("fooba"), "Zm9vYmE=");
    EXPECT_EQ(conf::encode_base64("foobar"), "Zm9vYmFy");
    EXPECT_EQ(conf::encode_base64("\xff\xfe\xfd"), "//79");
}

TEST(Base64, GivesBackWhatItEncoded) {
    std::string octets;
    for (int i = 0; i < 256; ++i) {
        octets += static_cast<char>(i * 37);
        EXPECT_EQ(conf::decode_base64(conf::encode_base64(octets)), octets);
    }
}

TEST(Base64, RefusesWhatIsNot) {
    for (const char* text : {"Zg=",
                             "Zg",
                             "Z",
                             "Zg===",
                             "=",
                             "Zm9v=",
                             "Zg==Zg==",
                             "Zm9vYg=",
                             "Zm9_",
                             "Zm9-",
                             "Zm9v\x80",
                             "Zm9v\r\n",
                             " Zm9v",
                             "Zm 9v",
                             "Z=g=",
                             "Zm=v",
                             "Zh==",
                             "Zm9="}) {
        EXPECT_EQ(conf::decode_base64(text), std::nullopt) << text;
    }
    EXPECT_EQ(conf::decode_base64(std::string_view("Zm9\0", 4)), std::nullopt);
}

}  // namespace
