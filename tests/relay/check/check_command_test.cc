#include "relay/cli/check_command.h"

#include <string>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "tests/relay/check/check_stage.h"

namespace relay::cli {
namespace {

using check::Verdict;

Findings one(Verdict verdict) {
    check::Finding finding;
    finding.check = check::kPtr;
    finding.subject = "192.0.2.1";
    finding.verdict = verdict;
    finding.seen = "no PTR record";
    finding.effect = "550";
    finding.publish = "first\nsecond";
    return {{"", {finding}}};
}

TEST(CheckCommand, ShowsEachFindingWithWhatToPublish) {
    EXPECT_EQ(findings_text(one(Verdict::Block)),
              "source addresses\n"
              "  block    ptr of 192.0.2.1: no PTR record\n"
              "           effect:  550\n"
              "           publish: first\n"
              "                    second\n");
    EXPECT_EQ(findings_text({{"example.com", {}}}), "example.com\n  nothing to check\n");
}

TEST(CheckCommand, ShowsTheSameAsJson) {
    const auto page = nlohmann::json::parse(findings_json(one(Verdict::Warn)));
    ASSERT_EQ(page["findings"].size(), 1U);
    EXPECT_EQ(page["findings"][0]["verdict"], "warn");
    EXPECT_EQ(page["findings"][0]["check"], "ptr");
    EXPECT_EQ(page["findings"][0]["publish"], "first\nsecond");
}

TEST(CheckCommand, AnswersByItsExitStatus) {
    EXPECT_EQ(exit_status({}, true), 0);
    EXPECT_EQ(exit_status(one(Verdict::Pass), true), 0);
    EXPECT_EQ(exit_status(one(Verdict::Info), true), 0);
    EXPECT_EQ(exit_status(one(Verdict::Warn), false), 0);
    EXPECT_EQ(exit_status(one(Verdict::Warn), true), 1);
    EXPECT_EQ(exit_status(one(Verdict::Unknown), false), 3);
    EXPECT_EQ(exit_status(one(Verdict::Block), false), 1);
    auto both = one(Verdict::Unknown);
    both["example.com"] = one(Verdict::Block).at("");
    EXPECT_EQ(exit_status(both, false), 1);
}

TEST(CheckCommand, RefusesADomainThatIsNotConfigured) {
    const check::Stage stage;
    testing::internal::CaptureStderr();
    EXPECT_EQ(check_command({{"example.net"}, false, false}, stage.shared()), 1);
    const auto said = testing::internal::GetCapturedStderr();
    EXPECT_EQ(said.rfind("signet: example.net is no [[domain]]", 0), 0U) << said;
}

TEST(CheckCommand, LooksThroughARealResolver) {
    check::Stage stage;
    stage.config.dns.local_data = {"mail.example.com. A 192.0.2.1",
                                   "mail.example.com. TXT \"v=spf1 +all\"",
                                   "example.com. TXT \"v=spf1 +all\""};
    // Nobody answers there: what local data does not say is unknown.
    stage.config.dns.servers = {{conf::IpAddress::parse("127.0.0.1").value(), 1, ""}};
    stage.config.dns.timeout = std::chrono::milliseconds(100);
    testing::internal::CaptureStdout();
    const int status = check_command({{"Example.COM"}, true, false}, stage.shared());
    const auto page = nlohmann::json::parse(testing::internal::GetCapturedStdout());
    EXPECT_EQ(status, 3) << page.dump(1);
    bool spf_passes = false;
    for (const auto& finding : page["findings"]) {
        if (finding["domain"] == "example.com" && finding["check"] == "spf") {
            spf_passes = finding["verdict"] == "pass";
        }
        if (finding["check"] == "dkim") {
            EXPECT_EQ(finding["verdict"], "unknown");
        }
    }
    EXPECT_TRUE(spf_passes) << page.dump(1);
}

}  // namespace
}  // namespace relay::cli
