#include "relay/mime/content_type.h"

#include <string>

#include <gtest/gtest.h>

namespace relay::mime {
namespace {

std::string boundary_of(std::string_view parameters) {
    const auto type = read_content_type("multipart/mixed" + std::string(parameters));
    return type ? type->boundary : "?";
}

TEST(ContentType, ReadsTypeAndSubtypeWithoutCase) {
    const auto type = read_content_type(" Text/HTML; Charset=utf-8");
    ASSERT_TRUE(type);
    EXPECT_EQ(type->type, "text");
    EXPECT_EQ(type->subtype, "html");
    EXPECT_TRUE(type->names_charset);
    EXPECT_EQ(type->end, 10U);
    EXPECT_FALSE(read_content_type("text/plain; format=flowed")->names_charset);
    EXPECT_TRUE(read_content_type("text/plain; charset*=utf-8''x")->names_charset);
}

TEST(ContentType, SkipsCommentsAndFolds) {
    const auto type = read_content_type(
        " (a (nested \\) ) one)\r\n multipart (x) / (y) mixed (;)\r\n\t; (\"z) boundary (b) = (c) "
        "abc (d)");
    ASSERT_TRUE(type);
    EXPECT_EQ(type->type, "multipart");
    EXPECT_EQ(type->subtype, "mixed");
    EXPECT_EQ(type->boundary, "abc");
}

TEST(ContentType, IsNothingWithoutTypeAndSubtype) {
    for (const char* value :
         {"", " ", "text", "text/", "/plain", "text plain", "(open", ";", "\"text\"/plain"}) {
        EXPECT_FALSE(read_content_type(value)) << value;
    }
}

TEST(ContentType, ReadsQuotedBoundaries) {
    EXPECT_EQ(boundary_of("; boundary=\"a b:c\""), "a b:c");
    EXPECT_EQ(boundary_of("; boundary=\"a\\\"b\\\\\""), "a\"b\\");
    EXPECT_EQ(boundary_of("; boundary=\"a\r\n b\""), "a b");
    EXPECT_EQ(boundary_of("; name=\"x; boundary=no\"; boundary=yes"), "yes");
}

TEST(ContentType, ReadsBoundariesThatLackTheirQuotes) {
    EXPECT_EQ(boundary_of("; boundary=----=_Part_1/2?x"), "----=_Part_1/2?x");
    EXPECT_EQ(boundary_of(";boundary=a;charset=b"), "a");
}

TEST(ContentType, PassesOverParametersThatCannotBeRead) {
    EXPECT_EQ(boundary_of("; ; =x; name; name x=y; boundary=a"), "a");
    EXPECT_EQ(boundary_of(" rubbish; boundary=a"), "a");
}

TEST(ContentType, HasNoBoundaryThatReadersTakeForDifferentThings) {
    EXPECT_EQ(boundary_of(""), "");
    EXPECT_EQ(boundary_of("; boundary="), "");
    EXPECT_EQ(boundary_of("; boundary=\"open"), "");
    EXPECT_EQ(boundary_of("; boundary=\"a \""), "");
    EXPECT_EQ(boundary_of("; boundary=a; boundary=b"), "");
    EXPECT_EQ(boundary_of("; boundary*0=a; boundary*1=b"), "");
    EXPECT_EQ(boundary_of("; boundary=a; boundary*0=b"), "");
    EXPECT_EQ(boundary_of("; boundary=\xC3\xA4"), "");
    EXPECT_EQ(boundary_of("; boundary=" + std::string(70, 'a')), std::string(70, 'a'));
    EXPECT_EQ(boundary_of("; boundary=" + std::string(71, 'a')), "");
}

TEST(ContentType, ReadsTheOnlyToken) {
    EXPECT_EQ(read_only_token(" Base64 "), "base64");
    EXPECT_EQ(read_only_token("(c) 7BIT\r\n (d)"), "7bit");
    EXPECT_EQ(read_only_token(""), "");
    EXPECT_EQ(read_only_token(" (only) "), "");
    EXPECT_EQ(read_only_token("base64; x"), "?");
    EXPECT_EQ(read_only_token("\xC3\xA4"), "?");
}

}  // namespace
}  // namespace relay::mime
