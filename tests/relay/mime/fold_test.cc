#include "relay/mime/fold.h"

#include <string>

#include <gtest/gtest.h>

#include "relay/mime/errors.h"
#include "tests/relay/mime/recode.h"

namespace relay::mime {
namespace {

std::string words(std::size_t count, std::size_t length) {
    std::string text;
    for (std::size_t i = 0; i < count; ++i) {
        text += " " + std::string(length, static_cast<char>('a' + i % 26));
    }
    return text;
}

std::string unfolded(std::string text) {
    for (std::size_t at = 0; (at = text.find("\r\n", at)) != std::string::npos;) {
        if (at + 2 < text.size() && (text[at + 2] == ' ' || text[at + 2] == '\t')) {
            text.erase(at, 2);
        } else {
            at += 2;
        }
    }
    return text;
}

bool has_blank_line(std::string_view text) {
    for (std::size_t at = 0; at < text.size();) {
        const std::size_t end = text.find("\r\n", at);
        if (text.substr(at, end - at).find_first_not_of(" \t") == std::string_view::npos) {
            return true;
        }
        at = end + 2;
    }
    return false;
}

void expect_folded(const std::string& header, std::size_t longest) {
    const auto folded = fold_long_lines(header);
    ASSERT_TRUE(folded) << folded.error().message();
    EXPECT_LE(tests::longest_line(*folded), longest);
    EXPECT_EQ(unfolded(*folded), unfolded(header));
    EXPECT_FALSE(has_blank_line(*folded));
}

void expect_refused(const std::string& header, const std::string& name) {
    const auto folded = fold_long_lines(header);
    ASSERT_FALSE(folded);
    EXPECT_EQ(folded.error().code, errc::LongField);
    EXPECT_EQ(folded.error().detail, name);
}

TEST(Fold, LeavesLinesWithinTheLimitAsTheyAre) {
    const std::string header =
        "Subject: a" + words(89, 10) + "\r\nX:\r\n b" + std::string(990, 'c') + "\r\n";
    EXPECT_EQ(*fold_long_lines(header), header);
    EXPECT_EQ(*fold_long_lines(""), "");
}

TEST(Fold, FoldsNear78) {
    expect_folded("A: 1\r\nReferences:" + words(400, 60) + "\r\nB: 2\r\n", 998);
    const auto folded = fold_long_lines("To:" + words(300, 10) + "\r\n");
    ASSERT_TRUE(folded);
    // The rest of a line that is short enough stays one.
    EXPECT_EQ(folded->find("\r\n"), 3U + 6 * 11);
}

TEST(Fold, FoldsContinuationLinesAndTabs) {
    expect_folded(
        "A: 1\r\n\t" + std::string(500, 'a') + "\t" + std::string(600, 'b') + "\r\n x\r\n", 998);
}

TEST(Fold, FoldsBetweenLongWords) {
    expect_folded("A: " + std::string(995, 'a') + words(3, 997) + "\r\n", 998);
    expect_folded("A: x " + std::string(997, 'a') + "\r\n", 998);
}

TEST(Fold, PutsTheNameAloneOnItsLineOnlyAtNeed) {
    const auto folded = fold_long_lines("Name: " + std::string(997, 'a') + "\r\n");
    ASSERT_TRUE(folded);
    EXPECT_TRUE(folded->starts_with("Name:\r\n aaa"));
    expect_folded("Name : " + std::string(997, 'a') + "\r\n", 998);
    expect_folded("Name:   \t " + std::string(997, 'a') + "\r\n", 998);
}

TEST(Fold, FoldsWithinLongRunsOfWhiteSpace) {
    expect_folded("A: foo" + std::string(1500, ' ') + "bar\r\n", 998);
    expect_folded("A: foo" + std::string(950, ' ') + std::string(500, 'b') + "\r\n", 998);
}

TEST(Fold, RefusesWhatHasNoWhiteSpaceWithinReach) {
    expect_refused("A: 1\r\nX-Long: " + std::string(998, 'a') + "\r\n", "X-Long");
    expect_refused("X-Long:" + std::string(998, 'a') + "\r\n", "X-Long");
    expect_refused("X: b " + std::string(999, 'a') + " c\r\n", "X");
    expect_refused(std::string(999, 'N') + ": v\r\n", std::string(100, 'N'));
}

TEST(Fold, RefusesToMakeALineOfWhiteSpaceAlone) {
    expect_refused("X: a" + std::string(1000, ' ') + "\r\n", "X");
    expect_refused("X:" + std::string(1000, ' ') + "\r\n", "X");
    expect_refused("X: a\r\n" + std::string(1000, '\t') + "\r\n", "X");
}

TEST(Fold, SaysWhatIsNoHeader) {
    const auto folded = fold_long_lines(std::string(1200, 'a') + "\r\n");
    ASSERT_FALSE(folded);
    EXPECT_EQ(folded.error().code, errc::BadHeader);
}

}  // namespace
}  // namespace relay::mime
