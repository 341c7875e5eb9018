#include "conf/domain_name.h"

#include <unordered_set>

#include <gtest/gtest.h>

#include "conf/errors.h"

namespace conf {
namespace {

std::string parsed(std::string_view text) {
    const auto name = DomainName::parse(text);
    return name ? name->text() : "refused: " + name.error().message();
}

errc refused(std::string_view text) {
    const auto name = DomainName::parse(text);
    return name ? errc{} : static_cast<errc>(name.error().code.value());
}

TEST(DomainName, FoldsCaseAndDropsTheLastDot) {
    EXPECT_EQ(parsed("Mail.EXAMPLE.Com."), "mail.example.com");
    EXPECT_EQ(parsed("com"), "com");
    EXPECT_EQ(DomainName::parse("A.b").value(), DomainName::parse("a.B.").value());
}

TEST(DomainName, AcceptsUnderscoresAndHyphensInside) {
    EXPECT_EQ(parsed("_dmarc.a-b.example"), "_dmarc.a-b.example");
    EXPECT_EQ(parsed("xn--bcher-kva.example"), "xn--bcher-kva.example");
    EXPECT_EQ(parsed("1.2.3"), "1.2.3");
}

TEST(DomainName, TurnsUtf8LabelsIntoALabels) {
    EXPECT_EQ(parsed("b\xC3\xBC"
                     "cher.example"),
              "xn--bcher-kva.example");
    EXPECT_EQ(parsed("B\xC3\x9C"
                     "CHER.example"),
              "xn--bcher-kva.example");
    // Decomposed: u and U+0308.
    EXPECT_EQ(parsed("bu\xCC\x88"
                     "cher.example"),
              "xn--bcher-kva.example");
    // IDNA 2008 keeps sharp s.
    EXPECT_EQ(parsed("fa\xC3\x9F.example"), "xn--fa-hia.example");
    EXPECT_EQ(DomainName::parse("b\xC3\xBC"
                                "cher.example")
                  .value(),
              DomainName::parse("XN--BCHER-KVA.example").value());
}

TEST(DomainName, RefusesEmptyNamesAndLabels) {
    EXPECT_EQ(refused(""), errc::EmptyName);
    EXPECT_EQ(refused("."), errc::EmptyName);
    EXPECT_EQ(refused("a..b"), errc::EmptyLabel);
    EXPECT_EQ(refused(".a"), errc::EmptyLabel);
    EXPECT_EQ(refused("a.."), errc::EmptyLabel);
}

TEST(DomainName, HoldsTheLengthsOfRfc1035) {
    const std::string label(63, 'a');
    EXPECT_EQ(parsed(label + ".b"), label + ".b");
    EXPECT_EQ(refused(label + "a.b"), errc::LabelTooLong);
    const std::string longest = label + "." + label + "." + label + "." + std::string(61, 'b');
    ASSERT_EQ(longest.size(), 253U);
    EXPECT_EQ(parsed(longest + "."), longest);
    EXPECT_EQ(refused(longest + "b"), errc::NameTooLong);
}

TEST(DomainName, RefusesOtherCharactersAndNamesTheLabel) {
    for (const std::string_view text :
         {"a b.example", "a@b", "a/b", "[1.2.3.4]", "a,b", "a\tb", "a\nb.c"}) {
        EXPECT_EQ(refused(text), errc::BadLabelCharacter) << text;
    }
    EXPECT_EQ(refused(std::string_view("a\0b", 3)), errc::BadLabelCharacter);
    EXPECT_NE(parsed("www.ex ample.com").find("'ex ample'"), std::string::npos);
    EXPECT_EQ(refused("-a.example"), errc::HyphenAtEdge);
    EXPECT_EQ(refused("a-.example"), errc::HyphenAtEdge);
}

TEST(DomainName, RefusesWhatIdnaRefuses) {
    EXPECT_EQ(refused("a\xFF.example"), errc::BadUnicodeName);  // no UTF-8
    EXPECT_EQ(refused("\xE2\x98\x83\xE2\x80\x8F.example"),
              errc::BadUnicodeName);  // a direction mark
    EXPECT_EQ(refused(std::string_view("\xC3\xBC\0x", 4)), errc::BadUnicodeName);
    std::string many;
    for (int i = 0; i < 600; ++i) {
        many += "\xC3\xBC";
    }
    EXPECT_EQ(refused(many), errc::BadUnicodeName);
}

TEST(DomainName, KnowsFullyQualifiedNames) {
    EXPECT_TRUE(DomainName::parse("a.b")->is_fully_qualified());
    EXPECT_FALSE(DomainName::parse("localhost.")->is_fully_qualified());
    EXPECT_TRUE(DomainName().empty());
}

TEST(DomainName, KnowsWhatLiesWithin) {
    const DomainName parent = DomainName::parse("example.com").value();
    EXPECT_TRUE(DomainName::parse("mail.example.com")->is_within(parent));
    EXPECT_TRUE(parent.is_within(parent));
    EXPECT_FALSE(DomainName::parse("badexample.com")->is_within(parent));
    EXPECT_FALSE(DomainName::parse("com")->is_within(parent));
    EXPECT_FALSE(parent.is_within(DomainName()));
}

TEST(DomainName, ServesAsAKey) {
    std::unordered_set<DomainName> names{DomainName::parse("A.example").value()};
    EXPECT_TRUE(names.contains(DomainName::parse("a.example.").value()));
}

}  // namespace
}  // namespace conf
