// Messages whose bare newlines become CRLF, behind DATA.
#include <random>
#include <string>
#include <string_view>

#include <gtest/gtest.h>

#include "relay/smtp/dot_stream.h"
#include "tests/relay/smtp/slow_dot_stream.h"
#include "tests/relay/smtp/taken.h"

namespace relay::smtp {
namespace {

using Fault = DotStream::Fault;
using namespace std::string_literals;
using namespace std::string_view_literals;

using tests::Taken;

Taken run(std::string_view input, std::size_t piece = std::string_view::npos) {
    return tests::take_apart(input, piece, conf::BareNewline::Normalize);
}

std::string wire(std::string_view text) {
    bool at_line_start = true;
    std::string out;
    dot_stuff(text, at_line_start, out);
    out += end_of_data(at_line_start);
    return out;
}

TEST(Normalize, MakesEveryBareNewlineACrlf) {
    EXPECT_EQ(run("a\nb\r\n.\r\n"), (Taken{"a\r\nb\r\n", "", true}));
    EXPECT_EQ(run("a\rb\r\n.\r\n"), (Taken{"a\r\nb\r\n", "", true}));
    EXPECT_EQ(run("\n\r\r\n.\r\n"), (Taken{"\r\n\r\n\r\n", "", true}));
    EXPECT_EQ(run("a\n\nb\r\rc\n\rd\r\n.\r\n"),
              (Taken{"a\r\n\r\nb\r\n\r\nc\r\n\r\nd\r\n", "", true}));
}

TEST(Normalize, LeavesAMessageWithoutThemAsItIs) {
    EXPECT_EQ(run("a\r\n..b\r\n...\r\n.c\r\n\r\n.\r\nQUIT\r\n"),
              (Taken{"a\r\n.b\r\n..\r\nc\r\n\r\n", "QUIT\r\n", true}));
    EXPECT_EQ(run(".\r\n"), (Taken{"", "", true}));
}

TEST(Normalize, StillRefusesNul) {
    EXPECT_EQ(run("a\nb\0c\r\n.\r\n"sv), (Taken{"a\r\nb\0c\r\n"s, "", true, Fault::Nul}));
}

// Each of these ends the data for one careless receiver or another. Here each is the line "." of
// the content, and what follows it, a second message, is text.
TEST(Normalize, IsNotFooledByFalseEnds) {
    const struct {
        std::string_view between;
        std::string_view arrives;
    } cases[] = {
        {"\n.\n", "\r\n.\r\n"},
        {"\n.\r\n", "\r\n.\r\n"},
        {"\r.\r", "\r\n.\r\n"},
        {"\r.\r\n", "\r\n.\r\n"},
        {"\n.\r", "\r\n.\r\n"},
        {"\r.\n", "\r\n.\r\n"},
        {"\r\n.\n", "\r\n.\r\n"},
        {"\r\n.\r", "\r\n.\r\n"},
        {"\r\n.\r\r\n", "\r\n.\r\n\r\n"},
        {"\r\n.\n\r\n", "\r\n.\r\n\r\n"},
        {"\r\r\n.\n", "\r\n\r\n.\r\n"},
        {"\n\n.\r\r\n", "\r\n\r\n.\r\n\r\n"},
        {"\n\r.\r\n", "\r\n\r\n.\r\n"},
        {"\r\n\n.\r\n", "\r\n\r\n.\r\n"},
        {"\r\n\r.\r\n", "\r\n\r\n.\r\n"},
    };
    for (const auto& [between, arrives] : cases) {
        const std::string smuggled = "MAIL FROM:<x@y>\r\n";
        const std::string said = "a" + std::string(between) + smuggled + ".\r\nQUIT\r\n";
        const Taken expected{"a" + std::string(arrives) + smuggled, "QUIT\r\n", true};
        for (std::size_t piece = 1; piece <= said.size(); ++piece) {
            ASSERT_EQ(run(said, piece), expected) << testing::PrintToString(between) << piece;
        }
        EXPECT_NE(wire(expected.text).find("\r\n..\r\n"), std::string::npos)
            << "stuffed on the way out";
    }
}

TEST(Normalize, EndsBehindABareNewlineTooWhereTheEndIsATrueOne) {
    EXPECT_EQ(run("a\r\r\n.\r\nQUIT\r\n"), (Taken{"a\r\n\r\n", "QUIT\r\n", true}));
    EXPECT_EQ(run("a\n\r\n.\r\nQUIT\r\n"), (Taken{"a\r\n\r\n", "QUIT\r\n", true}));
}

TEST(Normalize, WaitsForTheEnd) {
    for (const auto* const said : {"a\n.\n", "a\n.\r\n", "a\r\n.\n", "a\r.\r", "\n.\r\n"}) {
        EXPECT_FALSE(run(said).done) << testing::PrintToString(said);
    }
}

// RFC 5321 4.5.2 is about lines that CRLF begins.
TEST(Normalize, UnstuffsBehindCrlfAlone) {
    EXPECT_EQ(run("a\r\n..b\n..c\r..d\r\n..\n.\r\n.\r\n"),
              (Taken{"a\r\n.b\r\n..c\r\n..d\r\n.\r\n.\r\n", "", true}));
    EXPECT_EQ(run("..\n.\n..\r\n.\r\n"), (Taken{".\r\n.\r\n..\r\n", "", true}));
}

TEST(Normalize, AgreesWithTheSlowOneInAnyPieces) {
    std::mt19937 random(20240104);  // fixed: a failure can be repeated
    constexpr std::string_view kOctets = "\r\r\n\n\r\n..a\0"sv;
    for (int round = 0; round < 20000; ++round) {
        std::string input;
        const std::size_t length = random() % 24;
        while (input.size() < length) {
            const auto pick = random() % (kOctets.size() + 3);
            input += pick < kOctets.size() ? std::string(1, kOctets[pick]) : "\r\n";
        }
        input += "\r\n.\r\nNOOP\r\n";
        const auto slow = tests::slow_dot_stream(input, conf::BareNewline::Normalize);
        ASSERT_TRUE(slow);
        const Taken expected{slow->text, input.substr(slow->taken), true, slow->fault};
        for (std::size_t piece = 1; piece < 4; ++piece) {
            ASSERT_EQ(run(input, piece), expected) << testing::PrintToString(input);
        }
        ASSERT_EQ(run(input), expected) << testing::PrintToString(input);
        if (expected.fault != Fault::None) {
            continue;
        }
        // It has no bare newline any more, and goes out and comes in as it is.
        DotStream strict;
        std::string back;
        strict.consume(wire(expected.text), back);
        ASSERT_TRUE(strict.done() && strict.fault() == Fault::None);
        ASSERT_EQ(back, expected.text);
    }
}

}  // namespace
}  // namespace relay::smtp
