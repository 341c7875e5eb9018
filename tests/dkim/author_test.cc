#include "dkim/author.h"

#include <gtest/gtest.h>

#include "dkim/errors.h"

namespace {

// The domains, separated by spaces, or "! " and what is wrong.
std::string read(std::string_view value) {
    const auto authors = dkim::authors(value);
    if (!authors) {
        EXPECT_EQ(authors.error().code, dkim::errc::BadAuthor);
        return "! " + authors.error().detail;
    }
    std::string out;
    for (const conf::DomainName& domain : dkim::domains_of(*authors)) {
        out += (out.empty() ? "" : " ") + domain.text();
    }
    return out;
}

TEST(AuthorDomains, ReadsTheFormsOfAnAddress) {
    EXPECT_EQ(read("shop@example.com"), "example.com");
    EXPECT_EQ(read("  shop@Example.COM "), "example.com");
    EXPECT_EQ(read("<shop@example.com>"), "example.com");
    EXPECT_EQ(read("Example Shop <shop@example.com>"), "example.com");
    EXPECT_EQ(read("\"Shop, \\\"Ex@mple\\\" <x@evil.example>\" <shop@example.com>"), "example.com");
    EXPECT_EQ(read("\"a b@c\"@example.com"), "example.com");
    EXPECT_EQ(read("first.last+tag=x@sub.example.com"), "sub.example.com");
    EXPECT_EQ(read("J. R. Doe <j@example.com>"), "example.com");
    EXPECT_EQ(read("=?utf-8?Q?Gr=C3=BC=C3=9Fe?= <j@example.com>"), "example.com");
    EXPECT_EQ(read("[Tracker] Somebody <j@example.com>"), "example.com");
    EXPECT_EQ(read("Example Shop\r\n\t<shop@example.com>\r\n "), "example.com");
    EXPECT_EQ(read("Name<shop@localhost>"), "localhost");
}

TEST(AuthorDomains, KeepsTheLocalPartsWithoutTheirQuotes) {
    const auto authors = dkim::authors(
        "Shop <first.last@example.com>, \"a \\\"b\\\"\"@example.org, (c) x . y@example.com");
    ASSERT_TRUE(authors);
    ASSERT_EQ(authors->size(), 3U);
    EXPECT_EQ((*authors)[0].local_part, "first.last");
    EXPECT_EQ((*authors)[1].local_part, "a \"b\"");
    EXPECT_EQ((*authors)[2].local_part, "x.y");
    EXPECT_EQ((*authors)[1].domain.text(), "example.org");
}

TEST(AuthorDomains, PassesOverComments) {
    EXPECT_EQ(read("shop@example.com (Example Shop)"), "example.com");
    EXPECT_EQ(read("(x@evil.example (nested \\) <y@evil.example>)) shop@example.com"),
              "example.com");
    EXPECT_EQ(read("Shop (a) <(b) shop@example.com (c)> (d)"), "example.com");
    EXPECT_EQ(read(std::string(20000, '(') + std::string(20000, ')') + "a@example.com"),
              "example.com");
}

TEST(AuthorDomains, TakesNamesOutsideAscii) {
    EXPECT_EQ(read("\xc3\x84rzte <j\xc3\xb6rg@b\xc3\xbc"
                   "cher.example>"),
              "xn--bcher-kva.example");
    EXPECT_EQ(read("\xff\xfe <shop@example.com>"), "example.com");
}

TEST(AuthorDomains, ListsEveryAuthorOnceInOrder) {
    EXPECT_EQ(read("a@one.example, B <b@two.example>,c@ONE.example"), "one.example two.example");
    EXPECT_EQ(read("a@example.com, , b@example.com,"), "example.com");
    EXPECT_EQ(read("Team: a@one.example, B <b@two.example>; , c@three.example"),
              "one.example two.example three.example");
    EXPECT_EQ(read("Nobody:; , a@example.com"), "example.com");
}

TEST(AuthorDomains, RefusesWhatNamesNoAuthor) {
    EXPECT_EQ(read(""), "! no address at all");
    EXPECT_EQ(read(" (nobody) "), "! no address at all");
    EXPECT_EQ(read("Undisclosed senders:;"), "! no address at all");
    EXPECT_EQ(read("<>"), "! an empty address");
    EXPECT_EQ(read("shop"), "! an address without a domain");
    EXPECT_EQ(read("."), "! an address without a domain");
    EXPECT_EQ(read("Shop <shop>"), "! an address without a domain");
    EXPECT_EQ(read("Doe, John <j@example.com>"), "! an address without a domain");
    EXPECT_EQ(read("shop@"), "! an address without a domain");
    EXPECT_EQ(read("<shop@>"), "! an address without a domain");
    EXPECT_EQ(read("@example.com"), "! an address without a local part");
    EXPECT_EQ(read("[x]@example.com"), "! an address without a local part");
    EXPECT_EQ(read("shop@[192.0.2.1]"), "! a domain literal: only names can be signed for");
}

TEST(AuthorDomains, RefusesWhatReadersUnderstandDifferently) {
    EXPECT_EQ(read("a@example.com <b@evil.example>"),
              "! something else than a comma behind an address");
    EXPECT_EQ(read("a@example.com@evil.example"),
              "! something else than a comma behind an address");
    EXPECT_EQ(read("a@example.com b@evil.example"),
              "! something else than a comma behind an address");
    EXPECT_EQ(read("<a@example.com> <b@evil.example>"),
              "! something else than a comma behind an address");
    EXPECT_EQ(read("Name a@example.com"), "! a name before an address that has no angle brackets");
    EXPECT_EQ(read("<@relay.example:a@example.com>"), "! an address without a local part");
    EXPECT_EQ(read("a@example . com"), "! white space or a comment inside a domain");
    EXPECT_EQ(read("a@example.(x)com"), "! white space or a comment inside a domain");
    EXPECT_EQ(read("a@example.com."), "! a domain that ends with a dot");
    EXPECT_EQ(read("a@.example.com"), "! an address without a domain");
    EXPECT_EQ(read("<a@example.com"), "! an address without its closing angle bracket");
    EXPECT_EQ(read("a@example.com>"), "! something else than a comma behind an address");
}

TEST(AuthorDomains, RefusesBrokenSyntax) {
    EXPECT_EQ(read("(open a@example.com"), "! an unclosed comment");
    EXPECT_EQ(read("a@example.com (open \\)"), "! an unclosed comment");
    EXPECT_EQ(read("\"open <a@example.com>"), "! an unclosed quoted string");
    EXPECT_EQ(read("[open <a@example.com>"), "! an unclosed bracket");
    EXPECT_EQ(read("a@example.com\\"), "! a character that may stand in quotes only");
    EXPECT_EQ(read("a) <a@example.com>"), "! a character that may stand in quotes only");
    EXPECT_EQ(read(std::string_view("a\0b <a@example.com>", 19)),
              "! a character that may stand in quotes only");
    EXPECT_EQ(read("a@example.com;"), "! a semicolon outside of a group");
    EXPECT_EQ(read("g: a@example.com"), "! a group without its semicolon");
    EXPECT_EQ(read("g: h: a@example.com;;"), "! a group inside a group");
    EXPECT_EQ(read(": a@example.com;"), "! a group without a name");
    EXPECT_EQ(read("g: a@example.com; b@example.com"),
              "! something else than a comma behind an address");
}

TEST(AuthorDomains, PassesOnWhatIsWrongWithADomain) {
    EXPECT_EQ(read("a@-example.com").substr(0, 2), "! ");
    EXPECT_EQ(read("a@" + std::string(64, 'x') + ".com").substr(0, 2), "! ");
    EXPECT_EQ(read("a@ex!ample.com").substr(0, 2), "! ");
}

TEST(AuthorDomains, AreAtMostAHundred) {
    std::string value;
    for (int i = 0; i < 100; ++i) {
        value += "a@d" + std::to_string(i) + ".example,";
    }
    EXPECT_TRUE(dkim::authors(value));
    EXPECT_TRUE(dkim::authors(value + "b@d7.example"));
    EXPECT_EQ(read(value + "a@d100.example"), "! more than 100 domains");
}

}  // namespace
