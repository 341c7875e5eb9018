#include "relay/smtp/dot_stream.h"

#include <random>
#include <string>
#include <string_view>

#include <gtest/gtest.h>

#include "tests/relay/smtp/slow_dot_stream.h"
#include "tests/relay/smtp/taken.h"

namespace relay::smtp {
namespace {

using Fault = DotStream::Fault;
using namespace std::string_literals;
using namespace std::string_view_literals;

using tests::Taken;

Taken run(std::string_view input, std::size_t piece = std::string_view::npos) {
    return tests::take_apart(input, piece, conf::BareNewline::Reject);
}

TEST(DotStream, EndsAtTheDotAloneOnALine) {
    EXPECT_EQ(run("a\r\nb\r\n.\r\n"), (Taken{"a\r\nb\r\n", "", true, Fault::None}));
    EXPECT_EQ(run(".\r\n"), (Taken{"", "", true, Fault::None}));
    EXPECT_EQ(run("\r\n.\r\n"), (Taken{"\r\n", "", true, Fault::None}));
}

TEST(DotStream, LeavesWhatIsBehindTheEnd) {
    EXPECT_EQ(run("a\r\n.\r\nQUIT\r\n"), (Taken{"a\r\n", "QUIT\r\n", true, Fault::None}));
    EXPECT_EQ(run(".\r\n.\r\n"), (Taken{"", ".\r\n", true, Fault::None}));
}

TEST(DotStream, TakesNothingOnceDone) {
    DotStream stream;
    std::string text;
    ASSERT_EQ(stream.consume(".\r\nRSET\r\n", text), 3U);
    EXPECT_EQ(stream.consume("RSET\r\n", text), 0U);
    EXPECT_EQ(text, "");
}

TEST(DotStream, RemovesOneStuffedDotOfALine) {
    EXPECT_EQ(run("..\r\n...a\r\n.b\r\nc.d\r\n.\r\n"),
              (Taken{".\r\n..a\r\nb\r\nc.d\r\n", "", true, Fault::None}));
}

TEST(DotStream, WaitsForTheEnd) {
    EXPECT_EQ(run("a\r\n.\r"), (Taken{"a\r\n", "", false, Fault::None}));
    EXPECT_EQ(run("a\r"), (Taken{"a", "", false, Fault::None}));
    EXPECT_EQ(run("a\r\n."), (Taken{"a\r\n", "", false, Fault::None}));
    EXPECT_EQ(run(""), (Taken{"", "", false, Fault::None}));
}

TEST(DotStream, RefusesBareLineFeed) {
    EXPECT_EQ(run("a\nb\r\n.\r\n"), (Taken{"a\nb\r\n", "", true, Fault::BareLf}));
    EXPECT_EQ(run("\n\r\n.\r\n"), (Taken{"\n\r\n", "", true, Fault::BareLf}));
}

TEST(DotStream, RefusesBareCarriageReturn) {
    EXPECT_EQ(run("a\rb\r\n.\r\n"), (Taken{"a\rb\r\n", "", true, Fault::BareCr}));
    EXPECT_EQ(run("a\r\r\n.\r\n"), (Taken{"a\r\r\n", "", true, Fault::BareCr}));
    EXPECT_EQ(run(".\rb\r\n.\r\n"), (Taken{"\rb\r\n", "", true, Fault::BareCr}));
}

TEST(DotStream, RefusesNul) {
    EXPECT_EQ(run("a\0b\r\n.\r\n"sv), (Taken{"a\0b\r\n"s, "", true, Fault::Nul}));
}

TEST(DotStream, KeepsTheFirstFault) {
    EXPECT_EQ(run("a\n\0\r\n.\r\n"sv).fault, Fault::BareLf);
    EXPECT_EQ(run("a\0\n\r\n.\r\n"sv).fault, Fault::Nul);
    EXPECT_EQ(run("a\r\0\n\r\n.\r\n"sv).fault, Fault::BareCr);
}

// Each of these ends the data for one careless receiver or another; what follows would be a second,
// smuggled message.
TEST(DotStream, IsNotFooledByFalseEnds) {
    for (const std::string_view false_end : {"\n.\n"sv,
                                             "\n.\r\n"sv,
                                             "\r.\r"sv,
                                             "\r.\r\n"sv,
                                             "\r\n.\n"sv,
                                             "\r\n.\r"sv,
                                             "\r\n\0.\r\n"sv,
                                             "\r\n.\0\r\n"sv,
                                             "\r\n.\r\r\n"sv,
                                             "\n\n.\r\r\n"sv,
                                             "\r\n.\r\0\n"sv}) {
        const std::string smuggled = "a" + std::string(false_end) + "MAIL FROM:<x@y>\r\n";
        const Taken result = run(smuggled + ".\r\nQUIT\r\n");
        EXPECT_EQ(result.rest, "QUIT\r\n") << testing::PrintToString(false_end);
        EXPECT_NE(result.fault, Fault::None) << testing::PrintToString(false_end);
        EXPECT_NE(result.text.find("MAIL FROM"), std::string::npos);
    }
}

TEST(DotStream, SaysTheSameInAnyPieces) {
    const std::string_view input =
        "From: a\r\n\r\n..dot\r\n.\r\r\nx\ny\0\r\n.z\r\n\r\n.\r\nQUIT\r\n"sv;
    const Taken whole = run(input);
    for (std::size_t piece = 1; piece < input.size(); ++piece) {
        EXPECT_EQ(run(input, piece), whole) << piece;
    }
}

TEST(DotStream, AgreesWithTheSlowOne) {
    std::mt19937 random(20240101);  // fixed: a failure can be repeated
    constexpr std::string_view kOctets = "\r\r\n\n\r\n..a\0"sv;
    for (int round = 0; round < 20000; ++round) {
        std::string input;
        const std::size_t length = random() % 24;
        while (input.size() < length) {
            const auto pick = random() % (kOctets.size() + 3);
            input += pick < kOctets.size() ? std::string(1, kOctets[pick]) : "\r\n";
        }
        input += "\r\n.\r\nNOOP\r\n";
        const auto slow = tests::slow_dot_stream(input);
        ASSERT_TRUE(slow);
        const Taken expected{slow->text, input.substr(slow->taken), true, slow->fault};
        ASSERT_EQ(run(input), expected) << testing::PrintToString(input);
        ASSERT_EQ(run(input, 1 + random() % 3), expected) << testing::PrintToString(input);
    }
}

std::string stuff(std::string_view octets, std::size_t piece = std::string_view::npos) {
    bool at_line_start = true;
    std::string out;
    for (std::size_t at = 0; at < octets.size();) {
        const std::string_view part = octets.substr(at, piece);
        dot_stuff(part, at_line_start, out);
        at += part.size();
    }
    out += end_of_data(at_line_start);
    return out;
}

TEST(DotStuff, DoublesTheDotThatBeginsALine) {
    EXPECT_EQ(stuff(".a\r\nb.c\r\n..\r\n.\r\n"), "..a\r\nb.c\r\n...\r\n..\r\n.\r\n");
}

TEST(DotStuff, EndsAnUnfinishedLineFirst) {
    EXPECT_EQ(stuff("a"), "a\r\n.\r\n");
    EXPECT_EQ(stuff("a\r\n"), "a\r\n.\r\n");
    EXPECT_EQ(stuff(""), ".\r\n");
}

TEST(DotStuff, KeepsItsStateOverEmptyPieces) {
    bool at_line_start = false;
    std::string out;
    dot_stuff("", at_line_start, out);
    EXPECT_FALSE(at_line_start);
    at_line_start = true;
    dot_stuff("", at_line_start, out);
    EXPECT_TRUE(at_line_start);
    EXPECT_EQ(out, "");
}

TEST(DotStuff, IsUndoneByDotStreamInAnyPieces) {
    std::mt19937 random(20240102);
    for (int round = 0; round < 5000; ++round) {
        std::string message;
        for (std::size_t length = random() % 20; message.size() < length;) {
            constexpr std::string_view kPieces[] = {"\r\n", ".", "a", "..", "\r\n.", "bc"};
            message += kPieces[random() % std::size(kPieces)];
        }
        const std::string wire = stuff(message);
        for (std::size_t piece = 1; piece < 4; ++piece) {
            ASSERT_EQ(stuff(message, piece), wire) << testing::PrintToString(message);
        }
        const Taken back = run(wire);
        ASSERT_TRUE(back.done);
        ASSERT_EQ(back.fault, Fault::None);
        ASSERT_EQ(back.rest, "");
        const bool unfinished = !message.empty() && !message.ends_with("\r\n");
        ASSERT_EQ(back.text, message + (unfinished ? "\r\n" : ""));
    }
}

}  // namespace
}  // namespace relay::smtp
