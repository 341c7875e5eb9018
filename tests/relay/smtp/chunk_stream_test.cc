#include "relay/smtp/chunk_stream.h"

#include <random>
#include <string>
#include <vector>

#include <gtest/gtest.h>

namespace relay::smtp {
namespace {

using conf::BareNewline;
using Fault = ChunkStream::Fault;
using namespace std::string_literals;

struct Result {
    std::string text;
    Fault fault = Fault::None;
    bool operator==(const Result&) const = default;
};

Result run(const std::vector<std::string>& pieces, BareNewline choice = BareNewline::Reject) {
    ChunkStream stream(choice);
    Result result;
    for (const auto& piece : pieces) {
        stream.consume(piece, result.text);
    }
    stream.end(result.text);
    result.fault = stream.fault();
    return result;
}

Result normalized(const std::vector<std::string>& pieces) {
    return run(pieces, BareNewline::Normalize);
}

TEST(ChunkStream, GivesBackWhatHasNoFault) {
    for (const BareNewline choice : {BareNewline::Reject, BareNewline::Normalize}) {
        EXPECT_EQ(run({}, choice), (Result{""}));
        EXPECT_EQ(run({""}, choice), (Result{""}));
        EXPECT_EQ(run({"a\r\nb\r\n"}, choice), (Result{"a\r\nb\r\n"}));
        EXPECT_EQ(run({"a\r", "\nb", "c\r\n"}, choice), (Result{"a\r\nbc\r\n"}));
        EXPECT_EQ(run({"\r\n.\r\n", "..\r\n"}, choice), (Result{"\r\n.\r\n..\r\n"}));
        EXPECT_EQ(run({std::string("a\0b", 3)}, choice).fault, Fault::Nul);
    }
}

TEST(ChunkStream, EndsTheLastLine) {
    for (const BareNewline choice : {BareNewline::Reject, BareNewline::Normalize}) {
        EXPECT_EQ(run({"a"}, choice), (Result{"a\r\n"}));
        EXPECT_EQ(run({"a\r\n", "", "b"}, choice), (Result{"a\r\nb\r\n"}));
        EXPECT_EQ(run({"a\r", "\n", ""}, choice), (Result{"a\r\n"}));
    }
}

TEST(ChunkStream, FindsBareLineEndsWhereverAChunkEnds) {
    EXPECT_EQ(run({"a\r", "b"}).fault, Fault::BareCr);
    EXPECT_EQ(run({"a\r"}).fault, Fault::BareCr);
    EXPECT_EQ(run({"a\r", "\r\n"}).fault, Fault::BareCr);
    EXPECT_EQ(run({"\n"}).fault, Fault::BareLf);
    EXPECT_EQ(run({"a\r\n", "\n"}).fault, Fault::BareLf);
    EXPECT_EQ(run({"a\nb\rc\0"s}).fault, Fault::BareLf);
}

TEST(ChunkStream, MakesEveryBareNewlineACrlf) {
    EXPECT_EQ(normalized({"a\nb\rc\r\n"}), (Result{"a\r\nb\r\nc\r\n"}));
    EXPECT_EQ(normalized({"a\r", "b\n", "\nc"}), (Result{"a\r\nb\r\n\r\nc\r\n"}));
    EXPECT_EQ(normalized({"a\r\r\n"}), (Result{"a\r\n\r\n"}));
    EXPECT_EQ(normalized({"\n\r"}), (Result{"\r\n\r\n"}));
    EXPECT_EQ(normalized({"a\r"}), (Result{"a\r\n"}));
    EXPECT_EQ(normalized({"\n.\n", ".\r"}), (Result{"\r\n.\r\n.\r\n"}));
    EXPECT_EQ(normalized({"a\nb\0"s}).fault, Fault::Nul);
}

TEST(ChunkStream, SaysTheSameInAnyPieces) {
    std::mt19937 random(20240103);
    constexpr std::string_view kOctets = "\r\r\n\n.ab";
    for (int round = 0; round < 5000; ++round) {
        std::string whole;
        std::vector<std::string> pieces;
        for (auto count = random() % 12; count > 0; --count) {
            std::string piece;
            for (auto length = random() % 4; length > 0; --length) {
                piece += kOctets[random() % kOctets.size()];
            }
            whole += piece;
            pieces.push_back(piece);
        }
        ASSERT_EQ(run(pieces), run({whole})) << testing::PrintToString(whole);
        const Result clean = normalized(pieces);
        ASSERT_EQ(clean, normalized({whole})) << testing::PrintToString(whole);
        // What was normalized has nothing left to refuse, and stays as it is.
        ASSERT_EQ(run({clean.text}), clean) << testing::PrintToString(whole);
    }
}

}  // namespace
}  // namespace relay::smtp
