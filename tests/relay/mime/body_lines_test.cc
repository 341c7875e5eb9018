#include "relay/mime/body_lines.h"

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

#include <gtest/gtest.h>

namespace relay::mime {
namespace {

struct Line {
    std::string text;
    bool ends = false;
    bool whole = false;
    bool operator==(const Line&) const = default;
};

std::ostream& operator<<(std::ostream& out, const Line& line) {
    return out << line.text.size() << ":" << line.text.substr(0, 20) << (line.ends ? "$" : "")
               << (line.whole ? "" : "...");
}

/// The lines put together again; `piece`: octets given at once.
std::vector<Line> lines(std::string_view body, std::size_t piece = std::string_view::npos) {
    std::vector<Line> result;
    const auto take = [&result](const LinePiece& one) {
        if (one.begins) {
            result.push_back({});
        }
        ASSERT_FALSE(result.empty());
        EXPECT_FALSE(result.back().ends);
        EXPECT_TRUE(!one.whole || one.begins);
        result.back().text += one.text;
        result.back().ends = one.ends;
        result.back().whole = one.whole;
    };
    BodyLines tokenizer;
    for (std::size_t at = 0; at < body.size(); at += std::min(piece, body.size() - at)) {
        tokenizer.read(body.substr(at, piece), take);
    }
    tokenizer.finish(take);
    return result;
}

TEST(BodyLines, GivesLinesWithoutTheirEnds) {
    EXPECT_EQ(lines("a\r\n\r\nb\r\n"),
              (std::vector<Line>{{"a", true, true}, {"", true, true}, {"b", true, true}}));
    EXPECT_EQ(lines(""), std::vector<Line>());
}

TEST(BodyLines, GivesTheLastLineWithoutItsEnd) {
    EXPECT_EQ(lines("a\r\nb"), (std::vector<Line>{{"a", true, true}, {"b", false, true}}));
    EXPECT_EQ(lines("a\r\nb\r"), (std::vector<Line>{{"a", true, true}, {"b\r", false, true}}));
}

TEST(BodyLines, EndsLinesAtCrLfOnly) {
    EXPECT_EQ(lines("a\nb\rc\r\r\n\nd\n\r\n"),
              (std::vector<Line>{{"a\nb\rc\r", true, true}, {"\nd\n", true, true}}));
}

TEST(BodyLines, GivesTheSameLinesForAnyCut) {
    const std::string body = "a\r\n\r\n" + std::string(998, 'x') + "\r\n" + std::string(999, 'y') +
                             "\r\n" + std::string(5000, 'z') + "\r\r\nb\n\rc\r\n\r\nd\r";
    const auto expected = lines(body);
    EXPECT_EQ(expected.size(), 8U);
    for (std::size_t piece = 1; piece < 2100; ++piece) {
        ASSERT_EQ(lines(body, piece), expected) << piece;
    }
}

TEST(BodyLines, GivesALineWholeUpToTheLimitOfSmtp) {
    for (const std::size_t piece : {std::size_t{1}, std::size_t{500}, std::size_t{100000}}) {
        EXPECT_TRUE(lines(std::string(998, 'x') + "\r\n", piece).front().whole) << piece;
        EXPECT_TRUE(lines(std::string(998, 'x'), piece).front().whole) << piece;
        EXPECT_FALSE(lines(std::string(999, 'x') + "\r\n", piece).front().whole) << piece;
        EXPECT_FALSE(lines(std::string(999, 'x'), piece).front().whole) << piece;
    }
}

TEST(BodyLines, HoldsNoMoreThanALine) {
    std::size_t given = 0;
    const auto take = [&given](const LinePiece& one) { given += one.text.size(); };
    BodyLines tokenizer;
    for (std::size_t sent = 1; sent <= 100000; ++sent) {
        tokenizer.read("x", take);
        ASSERT_LE(sent - given, kLongestLine + 1);
    }
}

}  // namespace
}  // namespace relay::mime
