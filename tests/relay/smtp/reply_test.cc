#include "relay/smtp/reply.h"

#include <algorithm>
#include <string>

#include <gtest/gtest.h>

namespace relay::smtp {
namespace {

using State = ReplyParser::State;
using queue::EnhancedStatus;

TEST(Reply, WritesCodeEnhancedCodeAndText) {
    EXPECT_EQ((Reply{550, "5.7.1", "no relaying"}.wire()), "550 5.7.1 no relaying\r\n");
    EXPECT_EQ((Reply{354, "", "go on"}.wire()), "354 go on\r\n");
}

TEST(Reply, LetsNoOctetOfItsTextActOnTheWire) {
    EXPECT_EQ((Reply{501, "5.1.3", "a\r\n250 b\t\x7f\xc3x"}.wire()), "501 5.1.3 a??250 b???x\r\n");
}

TEST(Reply, IsCutAt512Octets) {
    const std::string wire = Reply{550, "5.7.1", std::string(5000, 'x')}.wire();
    EXPECT_EQ(wire.size(), 512U);
    EXPECT_TRUE(wire.ends_with("x\r\n"));
}

TEST(Reply, IsPositiveBelow400) {
    EXPECT_TRUE((Reply{354, "", ""}.positive()));
    EXPECT_FALSE((Reply{451, "4.3.0", ""}.positive()));
}

struct Parsed {
    State state = State::NeedMore;
    ServerReply reply;
    std::string rest;
};

Parsed parse(std::string input) {
    ReplyParser parser;
    Parsed parsed;
    parsed.state = parser.consume(input);
    if (parsed.state == State::Complete) {
        parsed.reply = parser.take();
    }
    parsed.rest = input;
    return parsed;
}

TEST(ReplyParser, ReadsOneLine) {
    const Parsed parsed = parse("550 5.1.1 no such user\r\n");
    ASSERT_EQ(parsed.state, State::Complete);
    EXPECT_EQ(parsed.reply.code, 550);
    EXPECT_EQ(parsed.reply.klass(), 5);
    EXPECT_EQ(parsed.reply.enhanced, (EnhancedStatus{5, 1, 1}));
    EXPECT_EQ(parsed.reply.lines, std::vector<std::string>{"5.1.1 no such user"});
    EXPECT_EQ(parsed.reply.text(), "550 5.1.1 no such user");
}

TEST(ReplyParser, ReadsSeveralLines) {
    const Parsed parsed = parse("250-mx.example.net\r\n250-SIZE 100\r\n250 PIPELINING\r\n");
    ASSERT_EQ(parsed.state, State::Complete);
    EXPECT_EQ(parsed.reply.lines,
              (std::vector<std::string>{"mx.example.net", "SIZE 100", "PIPELINING"}));
    EXPECT_EQ(parsed.reply.text(), "250 mx.example.net / SIZE 100 / PIPELINING");
}

TEST(ReplyParser, LeavesTheNextReply) {
    EXPECT_EQ(parse("250 a\r\n354 b\r\n").rest, "354 b\r\n");
}

TEST(ReplyParser, StartsAnewAfterTake) {
    ReplyParser parser;
    std::string input = "250-a\r\n250 2.0.0 b\r\n354 c\r\n";
    ASSERT_EQ(parser.consume(input), State::Complete);
    EXPECT_FALSE(parser.idle());
    ASSERT_EQ(parser.consume(input), State::Complete);  // takes nothing before take()
    EXPECT_EQ(input, "354 c\r\n");
    parser.take();
    EXPECT_TRUE(parser.idle());
    ASSERT_EQ(parser.consume(input), State::Complete);
    const ServerReply second = parser.take();
    EXPECT_EQ(second.code, 354);
    EXPECT_FALSE(second.enhanced);
    EXPECT_EQ(second.lines.size(), 1U);
}

TEST(ReplyParser, KnowsWhetherAReplyHasBegun) {
    ReplyParser parser;
    EXPECT_TRUE(parser.idle());
    std::string input = "2";
    EXPECT_EQ(parser.consume(input), State::NeedMore);
    EXPECT_EQ(input, "");
    EXPECT_FALSE(parser.idle());
    input = "50-a\r\n";
    EXPECT_EQ(parser.consume(input), State::NeedMore);
    EXPECT_FALSE(parser.idle());
}

TEST(ReplyParser, ReadsACodeWithoutText) {
    EXPECT_EQ(parse("250\r\n").reply.text(), "250");
    EXPECT_EQ(parse("250 \r\n").reply.text(), "250");
    EXPECT_EQ(parse("250-\r\n250\r\n").reply.text(), "250");
}

TEST(ReplyParser, ToleratesBareLineFeed) {
    EXPECT_EQ(parse("250-a\n250 b\n").reply.text(), "250 a / b");
}

TEST(ReplyParser, TakesTheLastCodeWhereTheyDiffer) {
    EXPECT_EQ(parse("250-a\r\n550 b\r\n").reply.code, 550);
}

TEST(ReplyParser, RefusesWhatIsNoReply) {
    for (const char* const input : {"hello world\r\n",
                                    "\r\n",
                                    "\n",
                                    "25\r\n",
                                    "2500 ok\r\n",
                                    "250\tok\r\n",
                                    "250_ok\r\n",
                                    "150 mark\r\n",
                                    "650 odd\r\n",
                                    "099 low\r\n",
                                    "-250 x\r\n",
                                    " 250 x\r\n",
                                    "2x0 x\r\n",
                                    "250-a\r\nhello\r\n250 b\r\n"}) {
        EXPECT_EQ(parse(input).state, State::Garbage) << input;
    }
}

TEST(ReplyParser, StaysWithGarbage) {
    ReplyParser parser;
    std::string input = "garbage\r\n250 ok\r\n";
    EXPECT_EQ(parser.consume(input), State::Garbage);
    EXPECT_EQ(parser.consume(input), State::Garbage);
    EXPECT_FALSE(parser.idle());
}

TEST(ReplyParser, TakesTheEnhancedCodeOfTheLastLineThatHasOne) {
    EXPECT_EQ(parse("550-5.1.1 a\r\n550-5.2.1 b\r\n550 c\r\n").reply.enhanced,
              (EnhancedStatus{5, 2, 1}));
}

TEST(ReplyParser, IgnoresAnEnhancedCodeThatContradictsTheReply) {
    EXPECT_FALSE(parse("550 4.1.1 a\r\n").reply.enhanced);
    EXPECT_FALSE(parse("250 5.1.1 a\r\n").reply.enhanced);
    EXPECT_FALSE(parse("354 3.0.0 a\r\n").reply.enhanced);
}

TEST(ReplyParser, ReadsAnEnhancedCodeWithoutText) {
    EXPECT_EQ(parse("550 5.7.2\r\n").reply.enhanced, (EnhancedStatus{5, 7, 2}));
    EXPECT_EQ(parse("550 5.7.2 \r\n").reply.enhanced, (EnhancedStatus{5, 7, 2}));
}

TEST(ReplyParser, IgnoresWhatOnlyLooksLikeAnEnhancedCode) {
    for (const char* const input : {"550 5.7\r\n",
                                    "550 5.7.\r\n",
                                    "550 5.7.2.1 x\r\n",
                                    "550 5.7.1234 x\r\n",
                                    "550 5.7.2: x\r\n",
                                    "550 5..2 x\r\n",
                                    "550  5.7.2 x\r\n"}) {
        EXPECT_FALSE(parse(input).reply.enhanced) << input;
    }
}

TEST(ReplyParser, EscapesWhatIsNotPrintable) {
    const Parsed parsed = parse("550 a\rb\x1b[31m\tc\xff\r\n");
    EXPECT_EQ(parsed.reply.text(), "550 a\\x0db\\x1b[31m c\\xff");
}

TEST(ServerReply, CutsItsTextAt1000Octets) {
    std::string input;
    for (int line = 0; line < 50; ++line) {
        input += "550-" + std::string(100, 'x') + "\r\n";
    }
    EXPECT_EQ(parse(input + "550 y\r\n").reply.text().size(), 1000U);
}

TEST(ReplyParser, TakesALineOf2048OctetsAndNotOneMore) {
    const auto line = [](std::size_t octets) {
        return "250 " + std::string(octets - 6, 'x') + "\r\n";
    };
    EXPECT_EQ(parse(line(2048)).state, State::Complete);
    EXPECT_EQ(parse(line(2049)).state, State::TooLong);
    EXPECT_EQ(parse("250 " + std::string(2043, 'x')).state, State::NeedMore);
    EXPECT_EQ(parse("250 " + std::string(2044, 'x')).state, State::TooLong);
}

TEST(ReplyParser, TakesA100LinesAndNotOneMore) {
    const auto lines = [](int count) {
        std::string input;
        for (int line = 1; line < count; ++line) {
            input += "250-x\r\n";
        }
        return input + "250 x\r\n";
    };
    EXPECT_EQ(parse(lines(100)).state, State::Complete);
    EXPECT_EQ(parse(lines(101)).state, State::TooLong);
}

TEST(ReplyParser, Takes64KibAndNotOneOctetMore) {
    std::string input;
    for (int line = 0; line < 63; ++line) {
        input += "250-" + std::string(1018, 'x') + "\r\n";
    }
    ASSERT_EQ(input.size(), 63U * 1024);
    EXPECT_EQ(parse(input + "250 " + std::string(1018, 'x') + "\r\n").state, State::Complete);
    EXPECT_EQ(parse(input + "250 " + std::string(1019, 'x') + "\r\n").state, State::TooLong);
}

TEST(ReplyParser, HoldsNoMoreThanItsBoundsOfAnEndlessReply) {
    ReplyParser parser;
    std::size_t given = 0;
    State state = State::NeedMore;
    while (state == State::NeedMore) {
        std::string input = "250-" + std::string(1000, 'x') + "\r\n";
        given += input.size();
        state = parser.consume(input);
        ASSERT_LE(given, 70000U);
    }
    EXPECT_EQ(state, State::TooLong);
}

TEST(ReplyParser, SaysTheSameInAnyPieces) {
    for (const std::string& whole :
         {std::string("250-mx\r\n250-SIZE 1\r\n250 2.0.0 ok\r\n354 go\r\n"),
          std::string("25\r\n"),
          "250-" + std::string(2044, 'x') + "\r\n",
          "250 ok\r\n" + std::string(3000, 'x')}) {
        const Parsed expected = parse(whole);
        for (std::size_t piece = 1; piece < 20; ++piece) {
            ReplyParser parser;
            State state = State::NeedMore;
            std::string rest;
            for (std::size_t at = 0; at < whole.size() && state == State::NeedMore; at += piece) {
                rest += whole.substr(at, piece);
                state = parser.consume(rest);
            }
            ASSERT_EQ(state, expected.state) << piece;
            if (state == State::Complete) {
                const ServerReply reply = parser.take();
                EXPECT_EQ(reply.text(), expected.reply.text());
                EXPECT_EQ(reply.enhanced, expected.reply.enhanced);
            }
        }
    }
}

}  // namespace
}  // namespace relay::smtp
