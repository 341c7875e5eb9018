#include "dkim/tag_list.h"

#include <gtest/gtest.h>

#include "dkim/errors.h"

namespace {

using dkim::TagList;

std::string problem(std::string_view text) {
    const auto list = TagList::parse(text);
    if (list) {
        return "none";
    }
    EXPECT_EQ(list.error().code, dkim::errc::BadTagList);
    return list.error().detail;
}

TEST(TagList, KeepsTagsInOrder) {
    const auto list = TagList::parse("v=1; a=rsa-sha256;b=\t x y \r\n z ;_=");
    EXPECT_FALSE(list);  // "_" begins no name
    const auto good = TagList::parse(" v = 1 ; a=rsa-sha256;b=\t x y \r\n z ;n_1=;");
    ASSERT_TRUE(good);
    ASSERT_EQ(good->tags().size(), 4U);
    EXPECT_EQ(good->tags()[0].name, "v");
    EXPECT_EQ(good->tags()[0].value, "1");
    EXPECT_EQ(good->find("b"), "x y \r\n z");
    EXPECT_EQ(good->find("n_1"), "");
    EXPECT_EQ(good->find("B"), std::nullopt);
}

TEST(TagList, MayBeEmpty) {
    for (const std::string_view text : {"", " \r\n\t"}) {
        const auto list = TagList::parse(text);
        ASSERT_TRUE(list);
        EXPECT_TRUE(list->tags().empty());
    }
}

TEST(TagList, KeepsEqualsSignsInValues) {
    const auto list = TagList::parse("p=YQ==; q==;");
    ASSERT_TRUE(list);
    EXPECT_EQ(list->find("p"), "YQ==");
    EXPECT_EQ(list->find("q"), "=");
}

TEST(TagList, RefusesWhatIsNone) {
    EXPECT_EQ(problem("v=1;;a=2"), "tag 2 has no proper name");
    EXPECT_EQ(problem(";"), "tag 1 has no proper name");
    EXPECT_EQ(problem("=x"), "tag 1 has no proper name");
    EXPECT_EQ(problem("1v=x"), "tag 1 has no proper name");
    EXPECT_EQ(problem("a b=x"), "tag 1 has no proper name");
    EXPECT_EQ(problem(std::string(65, 'a') + "=x"), "tag 1 has no proper name");
    EXPECT_EQ(problem("v=1; p"), "tag p has no value");
    EXPECT_EQ(problem("v=1; a=x; v=2"), "tag v comes twice");
    EXPECT_EQ(problem("n=gr\xc3\xbc"), "tag n holds a character that is not allowed");
    EXPECT_EQ(problem("n=\x7f"), "tag n holds a character that is not allowed");
    EXPECT_EQ(problem(std::string_view("n=\0", 3)), "tag n holds a character that is not allowed");
}

TEST(TagList, HoldsAtMostSixtyFourTags) {
    std::string text;
    for (int i = 0; i < 64; ++i) {
        text += "t" + std::to_string(i) + "=;";
    }
    EXPECT_TRUE(TagList::parse(text));
    EXPECT_EQ(problem(text + "x="), "more than 64 tags");
}

TEST(TagList, SplitsAtColons) {
    EXPECT_EQ(dkim::split_at_colons(" a : b:c "), (std::vector<std::string_view>{"a", "b", "c"}));
    EXPECT_EQ(dkim::split_at_colons(""), (std::vector<std::string_view>{""}));
    EXPECT_EQ(dkim::split_at_colons(":"), (std::vector<std::string_view>{"", ""}));
}

TEST(TagList, DecodesBase64WithFoldsBetweenItsCharacters) {
    EXPECT_EQ(dkim::decode_base64string(" Zm\r\n\t9v Y g = =\r\n"), "foob");
    EXPECT_EQ(dkim::decode_base64string(" \r\n "), "");
    EXPECT_EQ(dkim::decode_base64string("Zm9v\x0bYg=="), std::nullopt);
    EXPECT_EQ(dkim::decode_base64string("Zm 9_"), std::nullopt);
    EXPECT_EQ(dkim::decode_base64string("Z g ="), std::nullopt);
}

TEST(TagList, TakesUtf8WhereItIsAllowed) {
    const std::string_view text = "d=m\xc3\xbcnchen.example";
    EXPECT_EQ(problem(text), "tag d holds a character that is not allowed");
    const auto list = TagList::parse(text, TagList::Characters::Utf8);
    ASSERT_TRUE(list);
    EXPECT_EQ(list->find("d"), "m\xc3\xbcnchen.example");
    EXPECT_FALSE(TagList::parse("d=\xfc", TagList::Characters::Utf8));
    EXPECT_FALSE(TagList::parse("d=\x7f", TagList::Characters::Utf8));
    EXPECT_FALSE(TagList::parse("\xc3\xbc=d", TagList::Characters::Utf8));
}

}  // namespace
