#include "relay/mime/line_limit.h"

#include <string>

#include <gtest/gtest.h>

namespace relay::mime {
namespace {

bool exceeds(const std::string& text, std::size_t piece) {
    LineLimit limit;
    for (std::size_t at = 0; at < text.size(); at += piece) {
        limit.update(std::string_view(text).substr(at, piece));
    }
    return limit.exceeded();
}

TEST(LineLimit, TakesLinesOf998OctetsAndNoLonger) {
    for (const std::size_t piece :
         {std::size_t{1}, std::size_t{7}, std::size_t{999}, std::size_t{1} << 20U}) {
        EXPECT_FALSE(exceeds("", piece));
        EXPECT_FALSE(exceeds(std::string(998, 'a') + "\r\n", piece)) << piece;
        EXPECT_TRUE(exceeds(std::string(999, 'a') + "\r\n", piece)) << piece;
        EXPECT_TRUE(exceeds("short\r\n" + std::string(999, 'a') + "\r\nshort\r\n", piece)) << piece;
        EXPECT_TRUE(exceeds("short\r\n" + std::string(5000, 'a'), piece)) << piece;
    }
}

TEST(LineLimit, CountsEachLineForItself) {
    std::string text;
    for (int i = 0; i < 200; ++i) {
        text += std::string(static_cast<std::size_t>(i * 5), 'a') + "\r\n";
    }
    for (const std::size_t piece :
         {std::size_t{1}, std::size_t{64}, std::size_t{1000}, text.size()}) {
        EXPECT_FALSE(exceeds(text, piece)) << piece;
        EXPECT_TRUE(exceeds(text + std::string(999, 'b') + "\r\n" + text, piece)) << piece;
    }
}

}  // namespace
}  // namespace relay::mime
