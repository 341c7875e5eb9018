#include "relay/mime/base64.h"

#include <string>
#include <string_view>

#include <gtest/gtest.h>

#include "tests/relay/mime/message_reader.h"
#include "tests/relay/mime/recode.h"

namespace relay::mime {
namespace {

template <class Writer>
std::string written(std::string_view octets, std::size_t piece) {
    Writer writer;
    std::string out;
    for (std::size_t at = 0; at < octets.size(); at += piece) {
        writer.text(octets.substr(at, piece), out);
    }
    writer.finish(out);
    return out;
}

std::string octets(std::size_t size) {
    std::string result;
    for (std::size_t i = 0; i < size; ++i) {
        result += static_cast<char>(i * 7 + i / 256);
    }
    return result;
}

TEST(Base64Encoder, WritesLinesOf76WithNoneBehindTheLast) {
    EXPECT_EQ(written<Base64Encoder>("foobar", 6), "Zm9vYmFy");
    EXPECT_EQ(written<Base64Encoder>("fo", 6), "Zm8=");
    EXPECT_EQ(written<Base64Encoder>("", 1), "");
    EXPECT_EQ(written<Base64Encoder>(octets(57), 57).size(), 76U);
    EXPECT_EQ(written<Base64Encoder>(octets(114), 114).size(), 76U + 2 + 76);
    EXPECT_EQ(written<Base64Encoder>(octets(58), 58).size(), 76U + 2 + 4);
}

TEST(Base64Encoder, DecodesToTheSameForAnySizeAndCut) {
    for (std::size_t size = 0; size < 300; ++size) {
        const std::string input = octets(size);
        const std::string whole = written<Base64Encoder>(input, 1000);
        EXPECT_EQ(tests::decode_loose_base64(whole), input);
        EXPECT_LE(tests::longest_line(whole), 76U);
        for (const std::size_t piece : {1U, 2U, 56U, 57U, 58U, 100U}) {
            EXPECT_EQ(written<Base64Encoder>(input, piece), whole) << size << " " << piece;
        }
    }
}

TEST(Base64Encoder, EncodesLineEndsAsOctets) {
    Base64Encoder encoder;
    std::string out;
    encoder.text("a", out);
    encoder.line_end(out);
    encoder.text("b", out);
    encoder.finish(out);
    EXPECT_EQ(tests::decode_loose_base64(out), "a\r\nb");
}

TEST(Base64Mender, KeepsTheAlphabetAlone) {
    EXPECT_EQ(written<Base64Mender>("Zm9v -!\xC3\xA4 YmFy\t=\r\n=", 100), "Zm9vYmFy==");
    EXPECT_EQ(written<Base64Mender>("--\xFF", 100), "");
}

TEST(Base64Mender, WrapsAt76) {
    const std::string text(1000, 'A');
    for (const std::size_t piece : {1U, 75U, 76U, 77U, 1000U}) {
        const std::string out = written<Base64Mender>(text, piece);
        EXPECT_EQ(tests::longest_line(out), 76U);
        EXPECT_EQ(out.size(), 1000U + 13 * 2) << piece;
        EXPECT_FALSE(out.ends_with("\r\n"));
    }
    EXPECT_EQ(written<Base64Mender>(text.substr(0, 76), 76).size(), 76U);
}

}  // namespace
}  // namespace relay::mime
