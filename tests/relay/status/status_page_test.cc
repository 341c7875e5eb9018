#include "relay/status/status_page.h"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "relay/status/build.h"
#include "tests/relay/status/made_up.h"

namespace relay::status {
namespace {

using nlohmann::json;

TEST(StatusPage, SaysWhoWhatAndHowMuch) {
    auto snapshot = quiet();
    snapshot.queue.totals.waiting = 3;
    snapshot.queue.totals.held = 2;
    snapshot.queue.totals.octets = 5000;
    snapshot.queue.totals.oldest = id_at(kNoon - std::chrono::minutes(10));
    snapshot.queue.held = {{"ptr of 192.0.2.1: no PTR record", 2}};
    snapshot.queue.in_memory = 7;
    snapshot.active_limit = 20000;
    snapshot.connections_in = 4;
    snapshot.connections_in_limit = 1000;
    const auto page = json::parse(status_page(snapshot));
    EXPECT_EQ(page["version"], version());
    EXPECT_EQ(page["uptime_seconds"], 90);
    EXPECT_EQ(page["hostname"], "mail.example.com");
    EXPECT_EQ(page["listeners"], json::array({"127.0.0.1:2525"}));
    EXPECT_EQ(page["delivery"]["state"], "holding");
    EXPECT_EQ(page["delivery"]["reasons"], json::array({"ptr of 192.0.2.1: no PTR record"}));
    EXPECT_EQ(page["queue"]["waiting"], 3);
    EXPECT_EQ(page["queue"]["active"], 0);
    EXPECT_EQ(page["queue"]["held"], 2);
    EXPECT_EQ(page["queue"]["octets"], 5000);
    EXPECT_EQ(page["queue"]["oldest_seconds"], 600);
    EXPECT_EQ(page["queue"]["held_by_reason"]["ptr of 192.0.2.1: no PTR record"], 2);
    EXPECT_EQ(page["limits"]["active_messages"]["use"], 7);
    EXPECT_EQ(page["limits"]["active_messages"]["limit"], 20000);
    EXPECT_EQ(page["limits"]["connections_in"]["use"], 4);
    EXPECT_EQ(page["limits"]["disk_free_octets"], 1'000'000'000);
}

TEST(StatusPage, OfAnEmptyQueueHasNoOldest) {
    auto snapshot = quiet();
    snapshot.free_octets.reset();
    const auto page = json::parse(status_page(snapshot));
    EXPECT_EQ(page["delivery"]["state"], "ok");
    EXPECT_TRUE(page["queue"]["oldest_seconds"].is_null());
    EXPECT_TRUE(page["queue"]["held_by_reason"].is_object());
    EXPECT_TRUE(page["limits"]["disk_free_octets"].is_null());
}

TEST(StatusPage, ShowsAllOfAFinding) {
    auto snapshot = quiet();
    check::Finding spf = finding("spf", "example.com", check::Verdict::Block, "v=spf1 -all");
    spf.effect = "receivers refuse it";
    spf.publish = "example.com. IN TXT \"v=spf1 ip4:192.0.2.1 -all\"";
    spf.ttl = std::chrono::seconds(300);
    snapshot.findings = {{"example.com", {spf}}};
    const auto page = json::parse(status_page(snapshot));
    EXPECT_EQ(page["self_check"]["mode"], "enforce");
    ASSERT_EQ(page["self_check"]["findings"].size(), 1U);
    const auto& shown = page["self_check"]["findings"][0];
    EXPECT_EQ(shown["domain"], "example.com");
    EXPECT_EQ(shown["check"], "spf");
    EXPECT_EQ(shown["subject"], "example.com");
    EXPECT_EQ(shown["verdict"], "block");
    EXPECT_EQ(shown["seen"], "v=spf1 -all");
    EXPECT_EQ(shown["effect"], "receivers refuse it");
    EXPECT_EQ(shown["publish"], spf.publish);
    EXPECT_EQ(shown["ttl_seconds"], 300);
}

TEST(StatusPage, ShowsSelectorsAndTheirStates) {
    auto snapshot = quiet();
    snapshot.selectors.push_back(selector_report("2027a", dkim::SelectorState::Waiting));
    snapshot.selectors.back().type.reset();
    snapshot.selectors.back().configured = false;
    snapshot.selectors.back().since = kNoon;
    snapshot.selectors.back().until = kNoon + std::chrono::hours(1);
    snapshot.selectors.back().detail = "there is no record";
    const auto page = json::parse(status_page(snapshot));
    ASSERT_EQ(page["selectors"].size(), 2U);
    EXPECT_EQ(page["selectors"][0]["selector"], "2026a");
    EXPECT_EQ(page["selectors"][0]["state"], "signing");
    EXPECT_EQ(page["selectors"][0]["type"], "rsa");
    EXPECT_EQ(page["selectors"][1]["state"], "waiting");
    EXPECT_TRUE(page["selectors"][1]["type"].is_null());
    EXPECT_TRUE(page["selectors"][1]["bits"].is_null());
    EXPECT_TRUE(page["selectors"][0]["configured"]);
    EXPECT_FALSE(page["selectors"][1]["configured"]);
    EXPECT_TRUE(page["selectors"][0]["since"].is_null());
    EXPECT_EQ(page["selectors"][1]["since"], dkim::date_text(kNoon));
    EXPECT_EQ(page["selectors"][1]["until"], dkim::date_text(kNoon + std::chrono::hours(1)));
    EXPECT_EQ(page["selectors"][1]["detail"], "there is no record");
}

TEST(StatusPage, ListsTheBusiestSitesAndCountsTheRest) {
    auto snapshot = quiet();
    for (std::size_t i = 0; i < kMaxSites + 5; ++i) {
        snapshot.queue.sites.push_back({"site" + std::to_string(i), i, 1, 2});
    }
    const auto page = json::parse(status_page(snapshot));
    ASSERT_EQ(page["sites"].size(), kMaxSites);
    EXPECT_EQ(page["sites_in_all"], kMaxSites + 5);
    EXPECT_EQ(page["sites"][0]["site"], "site" + std::to_string(kMaxSites + 4));
    EXPECT_EQ(page["sites"][0]["limit"], 2);
}

TEST(StatusPage, IsJsonWhateverIsInIt) {
    auto snapshot = quiet();
    snapshot.queue.held = {{"\xff\"\n<script>", 1}};
    EXPECT_TRUE(json::parse(status_page(snapshot)).is_object());
}

TEST(QueueSummary, IsThePagesQueueWithoutReasons) {
    queue::Totals totals;
    totals.waiting = 5;
    totals.oldest = id_at(kNoon - std::chrono::seconds(3));
    const auto page = json::parse(queue_summary(totals, {{Pause::all(), kNoon}}, kNoon));
    EXPECT_EQ(page["waiting"], 5);
    EXPECT_EQ(page["oldest_seconds"], 3);
}

TEST(StatusPage, ShowsWhatIsPaused) {
    auto snapshot = quiet();
    snapshot.paused = {{Pause::of_domain("example.net").value(), kNoon},
                       {Pause::of_sender("jo@example.com").value(), kNoon}};
    const auto page = json::parse(status_page(snapshot));
    EXPECT_EQ(page["delivery"]["state"], "holding");
    ASSERT_EQ(page["paused"].size(), 2U);
    EXPECT_EQ(page["paused"][0]["domain"], "example.net");
    EXPECT_EQ(status_page(snapshot).find("jo@"), std::string::npos) << "anybody may read it";
    EXPECT_EQ(json::parse(status_page(snapshot, Reader::Operator))["paused"][1]["sender"],
              "jo@example.com");
    EXPECT_EQ(json::parse(status_page(quiet()))["paused"], json::array());
}

}  // namespace
}  // namespace relay::status
