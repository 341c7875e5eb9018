// What is made of a message: [intake], and a listener's bare_newline.
#include <gtest/gtest.h>

#include "conf/parse.h"
#include "tests/conf/minimal.h"

namespace conf {
namespace {

/// The problem of one line in [intake].
std::string intake_message(const std::string& line) {
    return message(with("[intake]\n" + line + "\n"));
}

TEST(Intake, LeavesMessagesAloneByDefault) {
    const Config config = configured(kMinimal);
    EXPECT_FALSE(config.intake.origin);
    EXPECT_EQ(config.intake.received_client, ReceivedClient::Full);
    EXPECT_EQ(config.intake.long_lines, LongLines::Encode);
    EXPECT_EQ(config.intake.eight_bit, EightBit::Keep);
    EXPECT_EQ(configured(with("[intake]\n")).intake, Intake{});
}

TEST(Intake, TakesItsKeys) {
    const Intake intake = configured(with(R"([intake]
origin = "BÜCHER.example"
received_client = "hidden"
long_lines = "refuse"
eight_bit = "encode"
)"))
                              .intake;
    ASSERT_TRUE(intake.origin);
    EXPECT_EQ(intake.origin->text(), "xn--bcher-kva.example");
    EXPECT_EQ(intake.received_client, ReceivedClient::Hidden);
    EXPECT_EQ(intake.long_lines, LongLines::Refuse);
    EXPECT_EQ(intake.eight_bit, EightBit::Encode);
}

TEST(Intake, AnEmptyOriginCompletesNothing) {
    EXPECT_FALSE(configured(with("[intake]\norigin = \"\"\n")).intake.origin);
}

TEST(Intake, RefusesAnOriginThatIsNoDomain) {
    for (const char* const value :
         {"relay", "a..b", " ", "a@example.com", "192.0.2.1", "a_b.example"}) {
        const std::string text = intake_message(std::string("origin = \"") + value + "\"");
        EXPECT_TRUE(
            text.starts_with(std::string("signet.toml:9:10: 'origin' = \"") + value + "\": "))
            << text;
    }
    EXPECT_EQ(
        intake_message("origin = []"),
        "signet.toml:9:10: 'origin' takes a domain like \"example.com\", or \"\", not a list");
}

TEST(Intake, NamesTheNearestOfTheChoices) {
    EXPECT_EQ(
        intake_message("received_client = \"hiden\""),
        "signet.toml:9:19: 'received_client' = \"hiden\": write \"full\" or \"hidden\"; did you "
        "mean \"hidden\"?");
    EXPECT_EQ(
        intake_message("long_lines = \"refused\""),
        "signet.toml:9:14: 'long_lines' = \"refused\": write \"encode\" or \"refuse\"; did you "
        "mean \"refuse\"?");
    EXPECT_EQ(intake_message("eight_bit = \"encoded\""),
              "signet.toml:9:13: 'eight_bit' = \"encoded\": write \"keep\" or \"encode\"; did you "
              "mean \"encode\"?");
    EXPECT_EQ(intake_message("eight_bit = \"strip\""),
              "signet.toml:9:13: 'eight_bit' = \"strip\": write \"keep\" or \"encode\"");
}

TEST(Intake, NamesTheNearestOfItsKeys) {
    EXPECT_EQ(intake_message("received = \"full\""),
              "signet.toml:9:1: unknown key 'received' in [intake]; the keys there are: origin, "
              "received_client, long_lines, eight_bit");
    EXPECT_EQ(intake_message("long_line = \"encode\""),
              "signet.toml:9:1: unknown key 'long_line' in [intake]; did you mean 'long_lines'?");
}

TEST(BareNewline, IsEachListenersOwnChoice) {
    const Config config = configured(with(R"([[listener]]
bare_newline = "normalize"
[[listener]]
address = "127.0.0.1:2526"
bare_newline = "reject"
[[listener]]
address = "127.0.0.1:2527"
)"));
    ASSERT_EQ(config.listeners.size(), 3U);
    EXPECT_EQ(config.listeners[0].bare_newline, BareNewline::Normalize);
    EXPECT_EQ(config.listeners[1].bare_newline, BareNewline::Reject);
    EXPECT_EQ(config.listeners[2].bare_newline, BareNewline::Reject);
}

TEST(BareNewline, NamesTheNearestChoice) {
    const auto listener_message = [](const std::string& line) {
        return message(with("[[listener]]\n" + line + "\n"));
    };
    EXPECT_EQ(
        listener_message("bare_newline = \"normalise\""),
        "signet.toml:9:16: 'bare_newline' = \"normalise\": write \"reject\" or \"normalize\"; "
        "did you mean \"normalize\"?");
    EXPECT_EQ(
        listener_message("bare_newline = true"),
        "signet.toml:9:16: 'bare_newline' takes \"reject\" or \"normalize\", not true or false");
    EXPECT_EQ(listener_message("bare_newlines = \"reject\""),
              "signet.toml:9:1: unknown key 'bare_newlines' in [[listener]]; did you mean "
              "'bare_newline'?");
    EXPECT_EQ(intake_message("bare_newline = \"reject\""),
              "signet.toml:9:1: unknown key 'bare_newline' in [intake]; 'bare_newline' belongs in "
              "[[listener]]");
}

}  // namespace
}  // namespace conf
