#include "dkim/field.h"

#include <gtest/gtest.h>

#include "dkim/errors.h"

namespace {

using dkim::Header;

std::string problem(std::string_view block) {
    const auto header = Header::parse(block);
    if (header) {
        return "none";
    }
    EXPECT_EQ(header.error().code, dkim::errc::BadHeader);
    return header.error().detail;
}

TEST(Header, KeepsFieldsInOrderAsViews) {
    const std::string block = "From: a@example.com\r\nsubject:x\r\nX-Empty:\r\n";
    const auto header = Header::parse(block);
    ASSERT_TRUE(header);
    ASSERT_EQ(header->fields().size(), 3U);
    EXPECT_EQ(header->fields()[0].name, "From");
    EXPECT_EQ(header->fields()[0].value, " a@example.com");
    EXPECT_EQ(header->fields()[0].raw, "From: a@example.com\r\n");
    EXPECT_EQ(header->fields()[0].raw.data(), block.data());
    EXPECT_EQ(header->fields()[1].value, "x");
    EXPECT_EQ(header->fields()[2].name, "X-Empty");
    EXPECT_EQ(header->fields()[2].value, "");
}

TEST(Header, JoinsContinuationLines) {
    const std::string block = "A: 1\r\n 2\r\n\t \r\n\t3\r\nB:\r\n b\r\n";
    const auto header = Header::parse(block);
    ASSERT_TRUE(header);
    ASSERT_EQ(header->fields().size(), 2U);
    EXPECT_EQ(header->fields()[0].value, " 1\r\n 2\r\n\t \r\n\t3");
    EXPECT_EQ(header->fields()[0].raw, "A: 1\r\n 2\r\n\t \r\n\t3\r\n");
    EXPECT_EQ(header->fields()[1].value, "\r\n b");
}

TEST(Header, TakesWhiteSpaceBeforeTheColonOffTheName) {
    const auto header = Header::parse("Subject \t: x\r\n");
    ASSERT_TRUE(header);
    EXPECT_EQ(header->fields()[0].name, "Subject");
    EXPECT_EQ(header->fields()[0].raw, "Subject \t: x\r\n");
}

TEST(Header, FindsWithoutRegardToCase) {
    const auto header = Header::parse("FROM: a\r\nTo: b\r\nfrom: c\r\n");
    ASSERT_TRUE(header);
    EXPECT_EQ(header->count("From"), 2U);
    EXPECT_EQ(header->count("cc"), 0U);
    ASSERT_NE(header->find("from"), nullptr);
    EXPECT_EQ(header->find("from")->value, " a");
    EXPECT_EQ(header->find("Fro"), nullptr);
    EXPECT_TRUE(header->fields()[1].is("tO"));
    EXPECT_FALSE(header->fields()[1].is("tOo"));
}

TEST(Header, KeepsEightBitAndOddValues) {
    const auto header = Header::parse("Subject: Gr\xc3\xbc\xc3\x9f\xff:e\r\nX;=!: y\r\n");
    ASSERT_TRUE(header);
    EXPECT_EQ(header->fields()[0].value, " Gr\xc3\xbc\xc3\x9f\xff:e");
    EXPECT_EQ(header->fields()[1].name, "X;=!");
}

TEST(Header, MayBeEmpty) {
    const auto header = Header::parse("");
    ASSERT_TRUE(header);
    EXPECT_TRUE(header->fields().empty());
}

TEST(Header, NamesTheLineThatIsWrong) {
    EXPECT_EQ(problem("A: 1\r\nno colon\r\n"), "line 2: no colon");
    EXPECT_EQ(problem("A: 1\r\n\r\nB: 2\r\n"), "line 2: no colon");
    EXPECT_EQ(problem("A: 1\r\n : x\r\n: y\r\n"), "line 3: an empty field name");
    EXPECT_EQ(problem(" A: 1\r\n"), "line 1: a continuation line before the first field");
    EXPECT_EQ(problem("A: 1\r\nB: 2\n"), "line 2: a line feed without a carriage return");
    EXPECT_EQ(problem("A: 1\n\r\n"), "line 1: a line feed without a carriage return");
    EXPECT_EQ(problem("A: 1\rB: 2\r\n"), "line 1: a carriage return without a line feed");
    EXPECT_EQ(problem("A: 1\r\r\n"), "line 1: a carriage return without a line feed");
    EXPECT_EQ(problem("A: 1\r\nB: 2"), "line 2: the last line does not end with CRLF");
    EXPECT_EQ(problem("A: 1\r"), "line 1: the last line does not end with CRLF");
    EXPECT_EQ(problem("A: 1\rB"), "line 1: a carriage return without a line feed");
}

TEST(Header, RefusesNamesThatAreNone) {
    for (const std::string block :
         {"F rom: a\r\n", "\x01: a\r\n", "Fr\xc3\xb6m: a\r\n", "A\tB: a\r\n"}) {
        EXPECT_NE(problem(block).find("a field name with characters"), std::string::npos) << block;
    }
    EXPECT_NE(problem(std::string("A\0B: a\r\n", 8)).find("a field name"), std::string::npos);
}

}  // namespace
