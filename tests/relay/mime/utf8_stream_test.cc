#include "relay/mime/utf8_stream.h"

#include <cstdint>
#include <string>
#include <string_view>

#include <gtest/gtest.h>

#include "conf/utf8.h"

namespace relay::mime {
namespace {

bool is_valid(std::string_view octets, std::size_t piece) {
    Utf8Stream stream;
    for (std::size_t at = 0; at < octets.size(); at += piece) {
        stream.update(octets.substr(at, piece));
    }
    return stream.is_valid();
}

TEST(Utf8Stream, AgreesWithTheWholeOnEverySequenceOfEdges) {
    const std::string edges =
        "\x41\x7F\x80\x8F\x90\x9F\xA0\xBF\xC0\xC2\xDF\xE0\xE1\xED\xEF\xF0\xF1\xF4\xF5\xFF";
    for (const char a : edges) {
        for (const char b : edges) {
            for (const char c : edges) {
                for (const char d : edges) {
                    const std::string text{a, b, c, d};
                    ASSERT_EQ(is_valid(text, 4), conf::is_utf8(text))
                        << testing::PrintToString(text);
                    ASSERT_EQ(is_valid(text, 1), conf::is_utf8(text))
                        << testing::PrintToString(text);
                }
            }
        }
    }
}

TEST(Utf8Stream, IsNotValidWhereASequenceIsOpen) {
    Utf8Stream stream;
    stream.update("\xC3");
    EXPECT_FALSE(stream.is_valid());
    stream.update("\xA4");
    EXPECT_TRUE(stream.is_valid());
    stream.update("\xE2\x82");
    stream.update_ascii();
    stream.update("\xAC");
    EXPECT_FALSE(stream.is_valid());
}

}  // namespace
}  // namespace relay::mime
