#include "relay/mime/part_tree.h"

#include <string>
#include <string_view>

#include <gtest/gtest.h>

namespace relay::mime {
namespace {

char letter(Role role) {
    switch (role) {
        case Role::Header:
            return 'h';
        case Role::HeaderEnd:
            return 'H';
        case Role::Delimiter:
            return 'D';
        case Role::Preamble:
            return 'P';
        case Role::Epilogue:
            return 'E';
        case Role::Body:
            return 'B';
        case Role::Beyond:
            return '!';
    }
    return '?';
}

PartTree tree_of(const std::string& type) {
    return PartTree(read_content("Content-Type: " + type + "\r\n", DefaultType::Text));
}

/// A letter and the number of its part for each line.
std::string roles(PartTree& tree, std::string_view body) {
    std::string result;
    BodyLines lines;
    const auto take = [&](const LinePiece& piece) {
        const Place place = tree.place(piece);
        result += letter(place.role) + std::to_string(place.part) + " ";
    };
    lines.read(body, take);
    lines.finish(take);
    return result;
}
std::string roles(const std::string& type, std::string_view body) {
    PartTree tree = tree_of(type);
    return roles(tree, body);
}

TEST(PartTree, GivesALeafAllLines) {
    EXPECT_EQ(roles("text/plain", "a\r\n\r\n--b\r\nc"), "B0 B0 B0 B0 ");
}

TEST(PartTree, FindsThePartsOfAMultipart) {
    EXPECT_EQ(roles("multipart/mixed; boundary=b",
                    "pre\r\n--b\r\nA: 1\r\n\r\none\r\n--b\r\n\r\ntwo\r\n--b--\r\nepi\r\n"),
              "P0 D0 h1 H1 B1 D0 H2 B2 D0 E0 ");
}

TEST(PartTree, TakesOnlyWholeLinesForDelimiters) {
    const std::string type = "multipart/mixed; boundary=b";
    EXPECT_EQ(roles(type, "--b \t \r\n--bc\r\n"), "D0 h1 ");
    EXPECT_EQ(roles(type, "--bc\r\n --b\r\n-b\r\n--b-\r\n--b---\r\n--b x\r\n--B\r\n"),
              "P0 P0 P0 P0 P0 P0 P0 ");
    EXPECT_EQ(roles(type, "--b--"), "D0 ");
    EXPECT_EQ(roles(type, "--b" + std::string(996, ' ') + "\r\n"), "P0 ");
    EXPECT_EQ(roles(type, "--b" + std::string(995, ' ') + "\r\n"), "D0 ");
}

TEST(PartTree, EndsInnerPartsAtAnOuterDelimiter) {
    EXPECT_EQ(
        roles("multipart/mixed; boundary=a",
              "--a\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\nx\r\n--a\r\n\r\n"
              "--b\r\ny\r\n--a--\r\n"),
        "D0 h1 H1 D1 H2 B2 D0 H3 B3 B3 D0 ");
}

TEST(PartTree, PrefersTheInnermostOfEqualBoundaries) {
    EXPECT_EQ(roles("multipart/mixed; boundary=a",
                    "--a\r\nContent-Type: multipart/mixed; "
                    "boundary=a\r\n\r\n--a\r\n\r\nx\r\n--a--\r\n--a--\r\n"),
              "D0 h1 H1 D1 H2 B2 D1 D0 ");
}

TEST(PartTree, ClosesAMultipartForGood) {
    EXPECT_EQ(roles("multipart/mixed; boundary=a", "--a--\r\n--a\r\nx\r\n"), "D0 E0 E0 ");
}

TEST(PartTree, EndsAHeaderAtADelimiter) {
    PartTree tree = tree_of("multipart/mixed; boundary=a");
    EXPECT_EQ(roles(tree, "--a\r\nA: 1\r\n"), "D0 h1 ");
    ASSERT_EQ(tree.header_part(), 1U);
    EXPECT_EQ(roles(tree, "--a\r\n"), "D0 ");
    EXPECT_EQ(tree.header(), "A: 1\r\n");
    ASSERT_EQ(tree.header_part(), 2U);
    EXPECT_EQ(roles(tree, "--a\r\n"), "D0 ");
    EXPECT_EQ(tree.header(), "");
}

TEST(PartTree, DescendsIntoMessages) {
    PartTree tree = tree_of("message/rfc822");
    EXPECT_EQ(
        roles(tree, "Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\nx\r\n--b--\r\n"),
        "h1 H1 D1 H2 B2 D1 ");
    EXPECT_TRUE(tree.parts()[1].starts_message);
    EXPECT_FALSE(tree.parts()[2].starts_message);
    EXPECT_EQ(tree.parts()[2].parent, 1U);
}

TEST(PartTree, TakesPartsOfADigestForMessages) {
    EXPECT_EQ(
        roles("multipart/digest; boundary=b",
              "--b\r\n\r\nSubject: x\r\n\r\nbody\r\n--b\r\nContent-Type: text/plain\r\n\r\ny\r\n"),
        "D0 H1 h2 H2 B2 D0 h3 H3 B3 ");
}

TEST(PartTree, DoesNotLookIntoSealedParts) {
    EXPECT_EQ(roles("multipart/signed; boundary=b", "--b\r\n\r\nx\r\n--b--\r\n"), "B0 B0 B0 B0 ");
    EXPECT_EQ(roles("multipart/mixed; boundary=a",
                    "--a\r\nContent-Type: multipart/signed; boundary=b\r\n\r\n--b\r\n--a--\r\n"),
              "D0 h1 H1 B1 D0 ");
}

TEST(PartTree, StopsAtItsLimits) {
    PartTree many = tree_of("multipart/mixed; boundary=b");
    std::string body;
    for (std::size_t i = 1; i < kMaxParts; ++i) {
        body += "--b\r\n\r\nx\r\n";
    }
    (void)roles(many, body);
    EXPECT_FALSE(many.limit());
    EXPECT_EQ(roles(many, "--b\r\n\r\nx\r\n"), "D0 !0 !0 ");
    EXPECT_EQ(many.limit(), errc::TooManyParts);
    EXPECT_EQ(many.parts().size(), kMaxParts);

    PartTree deep = tree_of("message/rfc822");
    for (std::size_t i = 2; i < kMaxDepth; ++i) {
        (void)roles(deep, "Content-Type: message/rfc822\r\n\r\n");
    }
    EXPECT_FALSE(deep.limit());
    (void)roles(deep, "Content-Type: message/rfc822\r\n\r\n");
    EXPECT_EQ(deep.limit(), errc::TooDeep);
    EXPECT_EQ(roles(deep, "x\r\n"), "!0 ");

    PartTree large = tree_of("message/rfc822");
    (void)roles(large, "A: " + std::string(kMaxPartHeader - 5, 'a') + "\r\n");
    EXPECT_FALSE(large.limit());
    EXPECT_EQ(roles(large, "B\r\n"), "!1 ");
    EXPECT_EQ(large.limit(), errc::PartHeaderTooLarge);
}

}  // namespace
}  // namespace relay::mime
