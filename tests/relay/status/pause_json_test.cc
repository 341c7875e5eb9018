#include "relay/status/pause_json.h"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "tests/relay/status/made_up.h"

namespace relay::status {
namespace {

TEST(PauseJson, ReadsExactlyOneOfTheThree) {
    EXPECT_EQ(parse_pause(R"({"all": true})").value(), Pause::all());
    EXPECT_EQ(parse_pause(R"({"domain": "Example.NET"})").value(),
              Pause::of_domain("example.net").value());
    EXPECT_EQ(parse_pause(R"({"sender": "<>"})").value(), Pause::of_sender("<>").value());
    for (const char* body : {"",
                             "[]",
                             "{}",
                             "nonsense",
                             R"({"all": false})",
                             R"({"all": "true"})",
                             R"({"domain": 1})",
                             R"({"sender": null})",
                             R"({"recipient": "a@b.example"})",
                             R"({"all": true, "domain": "example.net"})"}) {
        const auto pause = parse_pause(body);
        ASSERT_FALSE(pause) << body;
        EXPECT_TRUE(pause.error().message().starts_with("say what: ")) << pause.error().message();
    }
    EXPECT_TRUE(parse_pause(R"({"domain": "a..b"})").error().message().starts_with("domain: "));
    EXPECT_TRUE(parse_pause(R"({"sender": ""})").error().message().starts_with("sender: "));
}

TEST(PauseJson, IsReadAsItWasWritten) {
    for (const Pause& pause : {Pause::all(),
                               Pause::of_domain("example.net").value(),
                               Pause::of_sender("j\u00fcrgen@example.com").value()}) {
        const auto again = parse_pause(as_json(pause));
        ASSERT_TRUE(again) << as_json(pause);
        EXPECT_EQ(*again, pause);
    }
}

TEST(PauseJson, ShowsAddressesToOperatorsAlone) {
    const std::vector<Paused> paused = {{Pause::of_domain("example.net").value(), kNoon},
                                        {Pause::of_sender("jo@example.com").value(), kNoon}};
    const auto full = pauses_json(paused, Reader::Operator);
    ASSERT_EQ(full.size(), 2U);
    EXPECT_EQ(full[0]["domain"], "example.net");
    EXPECT_EQ(full[0]["since"], "2026-11-22T12:00:00.000Z");
    EXPECT_EQ(full[1]["sender"], "jo@example.com");
    const auto shown = pauses_json(paused, Reader::Anybody);
    EXPECT_EQ(shown[0]["domain"], "example.net");
    EXPECT_EQ(shown[1]["sender"], "*@example.com");
}

}  // namespace
}  // namespace relay::status
