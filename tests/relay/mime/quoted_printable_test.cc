#include "relay/mime/quoted_printable.h"

#include <string>
#include <string_view>

#include <gtest/gtest.h>

#include "relay/mime/body_lines.h"
#include "tests/relay/mime/message_reader.h"
#include "tests/relay/mime/recode.h"

namespace relay::mime {
namespace {

/// `text` may hold CRLFs; `piece`: octets given at once.
template <class Writer>
std::string written(std::string_view text, std::size_t piece = 100000) {
    Writer writer;
    BodyLines lines;
    std::string out;
    const auto take = [&](const LinePiece& one) {
        writer.text(one.text, out);
        if (one.ends) {
            writer.line_end(out);
        }
    };
    for (std::size_t at = 0; at < text.size(); at += piece) {
        lines.read(text.substr(at, piece), take);
    }
    lines.finish(take);
    writer.finish(out);
    return out;
}

std::string encoded(std::string_view text) {
    return written<QuotedPrintableEncoder>(text);
}
std::string mended(std::string_view text) {
    return written<QuotedPrintableMender>(text);
}

TEST(QuotedPrintableEncoder, LeavesPlainTextAsItIs) {
    EXPECT_EQ(encoded("Hello, world!\r\n\r\n a\tb\r\n"), "Hello, world!\r\n\r\n a\tb\r\n");
    EXPECT_EQ(encoded(""), "");
    EXPECT_EQ(encoded("From me\r\n.\r\n"), "From me\r\n.\r\n");
}

TEST(QuotedPrintableEncoder, EscapesWhatMayNotStandForItself) {
    EXPECT_EQ(encoded("a=b"), "a=3Db");
    EXPECT_EQ(encoded("\xC3\xA4\x7F"), "=C3=A4=7F");
    EXPECT_EQ(encoded(std::string_view("\0\x01\n\r.", 5)), "=00=01=0A=0D.");
}

TEST(QuotedPrintableEncoder, EscapesWhiteSpaceAtTheEndOfALine) {
    EXPECT_EQ(encoded("a \r\nb\t\r\n \r\n"), "a=20\r\nb=09\r\n=20\r\n");
    EXPECT_EQ(encoded("a  \r\n"), "a =20\r\n");
    EXPECT_EQ(encoded("a "), "a=20");
}

TEST(QuotedPrintableEncoder, WritesNoLineOver76) {
    EXPECT_EQ(encoded(std::string(75, 'x')), std::string(75, 'x'));
    EXPECT_EQ(encoded(std::string(77, 'x')), std::string(75, 'x') + "=\r\nxx");
    // An escape is not torn apart.
    EXPECT_EQ(encoded(std::string(73, 'x') + "\xFF"), std::string(73, 'x') + "=\r\n=FF");
    EXPECT_EQ(encoded(std::string(72, 'x') + "\xFF"), std::string(72, 'x') + "=FF");
    EXPECT_EQ(encoded(std::string(75, 'x') + " \r\n"), std::string(75, 'x') + "=\r\n=20\r\n");
}

TEST(QuotedPrintableEncoder, BeginsNoLineThatMeansSomethingElse) {
    const std::string line(75, 'x');
    EXPECT_EQ(encoded(line + ".x"), line + "=\r\n=2Ex");
    EXPECT_EQ(encoded(line + "From x"), line + "=\r\n=46rom x");
    EXPECT_EQ(encoded(line + "--x"), line + "=\r\n=2D-x");
    EXPECT_EQ(encoded("--x\r\n-- \r\n"), "=2D-x\r\n=2D-=20\r\n");
}

TEST(QuotedPrintableEncoder, DecodesToTheSameForAnyCut) {
    std::string text;
    for (std::size_t i = 0; i < 3000; ++i) {
        text += static_cast<char>(i * i % 251);
        text += i % 97 == 0 ? "\r\n" : i % 5 == 0 ? " " : i % 31 == 0 ? "--" : "";
    }
    const std::string whole = encoded(text);
    EXPECT_EQ(tests::decode_quoted_printable(whole), text);
    EXPECT_LE(tests::longest_line(whole), 76U);
    for (const std::size_t piece : {1U, 2U, 3U, 75U, 76U, 999U}) {
        EXPECT_EQ(written<QuotedPrintableEncoder>(text, piece), whole) << piece;
    }
}

TEST(QuotedPrintableEncoder, CountsWhatItEscapes) {
    EXPECT_EQ(octets_to_escape("a b\tc"), 0U);
    EXPECT_EQ(octets_to_escape("a=\xC3\xA4\r"), 4U);
}

TEST(QuotedPrintableMender, LeavesWhatIsRight) {
    const std::string text = "a=3Db =C3=A4=\r\nc\r\n\r\nend";
    EXPECT_EQ(mended(text), text);
    EXPECT_EQ(mended(""), "");
}

TEST(QuotedPrintableMender, BreaksLongLinesBetweenEscapes) {
    std::string text;
    for (int i = 0; i < 400; ++i) {
        text += "=C3=a4x";
    }
    const std::string out = mended(text + "\r\n");
    EXPECT_LE(tests::longest_line(out), 76U);
    EXPECT_EQ(tests::decode_quoted_printable(out), tests::decode_quoted_printable(text + "\r\n"));
    EXPECT_NE(out.find("=a4"), std::string::npos);  // as it was written
}

TEST(QuotedPrintableMender, EscapesEightBitOctets) {
    EXPECT_EQ(mended("\xC3\xA4=\xC3\r\n"), "=C3=A4==C3\r\n");
}

TEST(QuotedPrintableMender, DropsWhiteSpaceThatTransportAdded) {
    EXPECT_EQ(mended("a \t\r\nb=  \r\nc"), "a\r\nb=\r\nc");
    EXPECT_EQ(mended("a b"), "a b");
    EXPECT_EQ(mended("a="), "a=");
    const std::string spaces(990, ' ');
    EXPECT_EQ(mended("a=" + spaces + "\r\nb"), "a=\r\nb");
}

TEST(QuotedPrintableMender, LeavesEscapesThatAreNone) {
    EXPECT_EQ(mended("a=zz=A=\r\n"), "a=zz=A=\r\n");
    EXPECT_EQ(mended("= 41"), "= 41");
}

TEST(QuotedPrintableMender, BeginsNoLineThatLooksLikeADelimiter) {
    EXPECT_EQ(mended("--x" + std::string(2000, ' ') + "\r\n").substr(0, 5), "=2D-x");
}

TEST(QuotedPrintableMender, GivesTheSameForAnyCut) {
    std::string text;
    for (std::size_t i = 0; i < 3000; ++i) {
        text += i % 7 == 0 ? "=4" : i % 11 == 0 ? "1 =" : i % 89 == 0 ? "=\t\r\n" : "a \xE4";
    }
    const std::string whole = mended(text);
    EXPECT_LE(tests::longest_line(whole), 76U);
    for (const std::size_t piece : {1U, 2U, 3U, 75U, 1000U}) {
        EXPECT_EQ(written<QuotedPrintableMender>(text, piece), whole) << piece;
    }
}

}  // namespace
}  // namespace relay::mime
