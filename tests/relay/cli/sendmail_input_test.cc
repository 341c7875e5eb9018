#include "relay/cli/sendmail_input.h"

#include <gtest/gtest.h>

namespace relay::cli {
namespace {

using State = SendmailInput::State;
using LoneDot = SendmailInput::LoneDot;

constexpr std::uint64_t kPlenty = 1'000'000;

/// What becomes of `text`, given octet by octet; whole it must become the same.
std::string read(std::string_view text, LoneDot lone_dot = LoneDot::IsText) {
    SendmailInput whole(lone_dot, kPlenty);
    (void)whole.consume(text);
    EXPECT_EQ(whole.finish(), State::Ended);
    SendmailInput parts(lone_dot, kPlenty);
    for (const char& c : text) {
        (void)parts.consume({&c, 1});
    }
    EXPECT_EQ(parts.finish(), State::Ended);
    std::string result = parts.take();
    EXPECT_EQ(whole.take(), result);
    return result;
}

TEST(SendmailInput, MakesEveryLineEndCrlf) {
    EXPECT_EQ(read("a\nb\n"), "a\r\nb\r\n");
    EXPECT_EQ(read("a\r\nb\r\n"), "a\r\nb\r\n");
    EXPECT_EQ(read("a\r\nb\nc\rd"), "a\r\nb\r\nc\r\nd\r\n");
    EXPECT_EQ(read("\n\n"), "\r\n\r\n");
    EXPECT_EQ(read("a\n\rb\n"), "a\r\n\r\nb\r\n");
    EXPECT_EQ(read("a\r"), "a\r\n");
}

TEST(SendmailInput, EndsTheLastLine) {
    EXPECT_EQ(read("a"), "a\r\n");
    EXPECT_EQ(read(""), "");
}

TEST(SendmailInput, EndsAtALoneDot) {
    EXPECT_EQ(read("a\n.\nb\n", LoneDot::Ends), "a\r\n");
    EXPECT_EQ(read("a\r\n.\r\nb\r\n", LoneDot::Ends), "a\r\n");
    EXPECT_EQ(read(".\nb\n", LoneDot::Ends), "");
    EXPECT_EQ(read("a\n.", LoneDot::Ends), "a\r\n");
    EXPECT_EQ(read("a\n..\n .\n. \n.b\n", LoneDot::Ends), "a\r\n..\r\n .\r\n. \r\n.b\r\n");
}

TEST(SendmailInput, KeepsALoneDotWithMinusI) {
    EXPECT_EQ(read("a\n.\nb\n"), "a\r\n.\r\nb\r\n");
    EXPECT_EQ(read("."), ".\r\n");
}

TEST(SendmailInput, IgnoresWhatFollowsTheEnd) {
    SendmailInput input(LoneDot::Ends, 4);
    EXPECT_EQ(input.consume("a\n.\n"), State::Ended);
    EXPECT_EQ(input.consume(std::string_view("much more than that\0", 20)), State::Ended);
    EXPECT_EQ(input.finish(), State::Ended);
    EXPECT_EQ(input.take(), "a\r\n");
}

TEST(SendmailInput, RefusesNul) {
    SendmailInput input(LoneDot::IsText, kPlenty);
    EXPECT_EQ(input.consume(std::string_view("a\0b\n", 4)), State::HasNul);
    EXPECT_EQ(input.consume("b\n"), State::HasNul);
    EXPECT_EQ(input.finish(), State::HasNul);
}

TEST(SendmailInput, RefusesMoreThanTheLimit) {
    SendmailInput fits(LoneDot::IsText, 4);
    EXPECT_EQ(fits.consume("ab\n"), State::More);
    EXPECT_EQ(fits.finish(), State::Ended);
    SendmailInput more(LoneDot::IsText, 4);
    EXPECT_EQ(more.consume("abc\n"), State::TooLarge);
    EXPECT_EQ(more.finish(), State::TooLarge);
    SendmailInput at_the_end(LoneDot::IsText, 4);
    EXPECT_EQ(at_the_end.consume("abc"), State::More);
    EXPECT_EQ(at_the_end.finish(), State::TooLarge);
}

}  // namespace
}  // namespace relay::cli
