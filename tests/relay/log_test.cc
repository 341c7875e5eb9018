#include "relay/log.h"

#include <algorithm>
#include <functional>

#include <gtest/gtest.h>

namespace {

std::string line_of(conf::LogFormat format, const std::function<void(relay::log::Event&)>& fill) {
    conf::Log settings;
    settings.format = format;
    relay::log::configure(settings);
    ::testing::internal::CaptureStderr();
    {
        relay::log::Event event(relay::log::Level::Info, "accepted");
        fill(event);
    }
    relay::log::configure({});
    return ::testing::internal::GetCapturedStderr();
}

TEST(Log, WritesOneLineOfFields) {
    const auto line = line_of(conf::LogFormat::Text,
                              [](auto& event) { event.field("id", "abc").field("size", 12); });
    EXPECT_TRUE(line.ends_with(" info accepted id=abc size=12\n")) << line;
}

TEST(Log, EscapesWhatCouldForgeALine) {
    const auto line = line_of(conf::LogFormat::Text, [](auto& event) {
        event.field("from", std::string("a\r\nforged \"x\" \0\x7f\xff", 17));
    });
    EXPECT_TRUE(line.ends_with("from=\"a\\u000d\\u000aforged \\\"x\\\" \\u0000\\u007f\\u00ff\"\n"))
        << line;
    EXPECT_EQ(std::count(line.begin(), line.end(), '\n'), 1);
}

TEST(Log, CutsLongValues) {
    const auto line = line_of(conf::LogFormat::Text,
                              [](auto& event) { event.field("x", std::string(100000, 'y')); });
    EXPECT_LT(line.size(), 1200U);
}

TEST(Log, WritesJson) {
    const auto line = line_of(conf::LogFormat::Json,
                              [](auto& event) { event.field("to", "a\"b").field("delay", 3); });
    EXPECT_NE(line.find("\"event\":\"accepted\",\"to\":\"a\\\"b\",\"delay\":3}"), std::string::npos)
        << line;
}

TEST(Log, KeepsQuietBelowItsLevel) {
    conf::Log settings;
    settings.level = conf::LogLevel::Error;
    relay::log::configure(settings);
    ::testing::internal::CaptureStderr();
    { relay::log::Event(relay::log::Level::Info, "accepted").field("id", "abc"); }
    relay::log::configure({});
    EXPECT_EQ(::testing::internal::GetCapturedStderr(), "");
}

TEST(Log, WritesUtf8AsCharactersInAscii) {
    const auto fill = [](auto& event) {
        event.field("to", "j\u00fcrgen@\u4f8b \U0001f4e8 \xfc\xc3(\xed\xa0\x80\u0085\u2028");
    };
    const std::string shown =
        "\"j\\u00fcrgen@\\u4f8b \\ud83d\\udce8 \\u00fc\\u00c3(\\u00ed\\u00a0\\u0080\\u0085\\u2028"
        "\"";
    const auto text = line_of(conf::LogFormat::Text, fill);
    EXPECT_TRUE(text.ends_with(" to=" + shown + "\n")) << text;
    const auto json = line_of(conf::LogFormat::Json, fill);
    EXPECT_TRUE(json.ends_with(",\"to\":" + shown + "}\n")) << json;
}

TEST(Log, CutsInsideACharacterWithoutHarm) {
    const auto line = line_of(conf::LogFormat::Text, [](auto& event) {
        event.field("x", std::string(999, 'y') + "\u00fc");
    });
    EXPECT_TRUE(line.ends_with("y\\u00c3...\"\n")) << line;
}

}  // namespace
