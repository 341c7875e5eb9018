#include "relay/status/metrics_page.h"

#include <cstdlib>
#include <map>
#include <set>
#include <sstream>

#include <gtest/gtest.h>

#include "relay/status/exposition.h"
#include "tests/relay/status/made_up.h"

namespace relay::status {
namespace {

/// "name{labels}" to its value.
std::map<std::string, std::string> samples(const std::string& page) {
    std::map<std::string, std::string> found;
    std::istringstream lines(page);
    for (std::string line; std::getline(lines, line);) {
        if (!line.starts_with('#')) {
            const auto space = line.rfind(' ');
            const auto [at, fresh] = found.emplace(line.substr(0, space), line.substr(space + 1));
            EXPECT_TRUE(fresh) << "twice: " << line;
        }
    }
    return found;
}

TEST(Exposition, WritesHelpTypeAndSamples) {
    Exposition page;
    page.counter("a_total", "What a is.");
    page.sample({}, std::uint64_t{3});
    page.gauge("b_seconds", "What b is.");
    page.sample({{"x", "1"}, {"y", "two"}}, 0.25);
    EXPECT_EQ(page.take(),
              "# HELP a_total What a is.\n# TYPE a_total counter\na_total 3\n"
              "# HELP b_seconds What b is.\n# TYPE b_seconds gauge\nb_seconds{x=\"1\",y=\"two\"} "
              "0.25\n");
}

TEST(Exposition, EscapesLabelValues) {
    Exposition page;
    page.gauge("g", "help");
    page.sample({{"l", "a\"b\\c\nd\te"}}, std::uint64_t{1});
    EXPECT_NE(page.take().find("g{l=\"a\\\"b\\\\c\\nd e\"} 1\n"), std::string::npos);
}

TEST(Exposition, WritesAHistogram) {
    Histogram histogram({0.5, 1});
    histogram.observe(0.25);
    histogram.observe(0.75);
    histogram.observe(9.0);
    Exposition page;
    page.histogram("h_seconds", "help", histogram.snapshot());
    EXPECT_EQ(page.take(),
              "# HELP h_seconds help\n# TYPE h_seconds histogram\n"
              "h_seconds_bucket{le=\"0.5\"} 1\nh_seconds_bucket{le=\"1\"} 2\n"
              "h_seconds_bucket{le=\"+Inf\"} 3\nh_seconds_sum 10\nh_seconds_count 3\n");
}

TEST(MetricsPage, HasEveryNameOfTheContract) {
    auto snapshot = quiet();
    snapshot.queue.held = {{"why", 1}};
    snapshot.messages_rejected = {{{"550"}, 1}};
    snapshot.reports = {{{"delayed"}, 3}};
    snapshot.messages_signed = {{{"example.com", "2026a"}, 1}};
    const std::string page = metrics_page(snapshot);
    for (const char* name :
         {"signet_messages_accepted_total ",
          "signet_messages_rejected_total{code=\"550\"} 1",
          "signet_messages_signed_total{domain=\"example.com\",selector=\"2026a\"} 1",
          "signet_unsigned_sent_total 0",
          "signet_reports_total{action=\"delayed\"} 3",
          "signet_recipients_total{outcome=\"delivered\"}",
          "signet_recipients_total{outcome=\"deferred\"}",
          "signet_recipients_total{outcome=\"bounced\"}",
          "signet_recipients_total{outcome=\"expired\"}",
          "signet_recipients_total{outcome=\"deleted\"}",
          "signet_queue_messages{state=\"waiting\"}",
          "signet_queue_messages{state=\"active\"}",
          "signet_queue_messages{state=\"held\"}",
          "signet_queue_bytes ",
          "signet_queue_oldest_seconds 0\n",
          "signet_queue_held{reason=\"why\"} 1",
          "signet_smtp_connections{direction=\"in\"}",
          "signet_smtp_connections{direction=\"out\"}",
          "signet_accept_seconds_count",
          "signet_commit_seconds_count",
          "signet_commit_messages_count",
          "signet_delivery_seconds_count",
          "signet_store_wal_bytes ",
          "signet_dns_lookups_total{result=\"found\"}",
          "signet_self_check{domain=\"example.com\",check=\"spf\"} 0",
          "signet_dkim_selector{domain=\"example.com\",selector=\"2026a\",state=\"signing\"} 1",
          "signet_delivery_state 2\n",
          "signet_memory_budget_bytes{use=\"contents\"}",
          "signet_disk_free_bytes 1000000000\n",
          "signet_build_info{version=\""}) {
        EXPECT_NE(page.find(std::string("\n") + name), std::string::npos) << name;
    }
}

/// The name of a sample `name{label="value",...} number`; nothing for any other line.
std::string sample_name(const std::string& line) {
    constexpr const char* kNameCharacters = "abcdefghijklmnopqrstuvwxyz_";
    const auto name_end = line.find_first_not_of(kNameCharacters);
    auto at = name_end;
    if (at != std::string::npos && line[at] == '{') {
        do {
            const auto label_end = line.find_first_not_of(kNameCharacters, at + 1);
            if (label_end == at + 1 || line.compare(label_end, 2, "=\"") != 0) {
                return {};
            }
            for (at = label_end + 2; at < line.size() && line[at] != '"'; ++at) {
                at += line[at] == '\\' ? 1 : 0;
            }
            ++at;
        } while (at < line.size() && line[at] == ',');
        if (at >= line.size() || line[at++] != '}') {
            return {};
        }
    }
    if (at == std::string::npos || at >= line.size() || line[at] != ' ') {
        return {};
    }
    char* end = nullptr;
    const double value = std::strtod(line.c_str() + at + 1, &end);
    return *end == '\0' && end != line.c_str() + at + 1 && value >= 0 ? line.substr(0, name_end)
                                                                      : std::string();
}

// What `promtool check metrics` asks for, as far as it can be said in a few lines.
TEST(MetricsPage, IsWellFormed) {
    auto snapshot = quiet();
    snapshot.queue.held = {{"why \"so\"", 1}};
    snapshot.messages_rejected = {{{"550"}, 1}};
    std::istringstream lines(metrics_page(snapshot));
    std::set<std::string> families;
    std::string family;
    std::string type;
    for (std::string line; std::getline(lines, line);) {
        if (line.starts_with("# HELP ")) {
            family = line.substr(7, line.find(' ', 7) - 7);
            EXPECT_TRUE(families.insert(family).second) << family << " twice";
            EXPECT_GT(line.size(), family.size() + 8) << "no help";
            continue;
        }
        if (line.starts_with("# TYPE ")) {
            ASSERT_TRUE(line.starts_with("# TYPE " + family + " "));
            type = line.substr(family.size() + 8);
            EXPECT_EQ(type == "counter", family.ends_with("_total")) << family;
            continue;
        }
        const std::string name = sample_name(line);
        ASSERT_FALSE(name.empty()) << line;
        ASSERT_TRUE(name.starts_with(family)) << line;
        if (type != "histogram") {
            EXPECT_EQ(name, family);
        }
    }
}

TEST(MetricsPage, HasNoSeriesTwice) {
    auto snapshot = quiet();
    snapshot.findings[""].push_back(finding("ptr", "192.0.2.2", check::Verdict::Pass));
    EXPECT_FALSE(samples(metrics_page(snapshot)).empty());
}

TEST(MetricsPage, ShowsTheWorstFindingOfACheck) {
    using check::Verdict;
    auto snapshot = quiet();
    const auto shown = [&snapshot](std::vector<Verdict> verdicts) {
        snapshot.findings = {};
        for (const auto verdict : verdicts) {
            snapshot.findings[""].push_back(finding("ptr", "192.0.2.1", verdict));
        }
        return samples(metrics_page(snapshot))
            .at("signet_self_check{domain=\"mail.example.com\",check=\"ptr\"}");
    };
    EXPECT_EQ(shown({Verdict::Pass}), "0");
    EXPECT_EQ(shown({Verdict::Info}), "0");
    EXPECT_EQ(shown({Verdict::Pass, Verdict::Warn}), "1");
    EXPECT_EQ(shown({Verdict::Unknown, Verdict::Warn}), "3");
    EXPECT_EQ(shown({Verdict::Unknown, Verdict::Block, Verdict::Pass}), "2");
}

TEST(MetricsPage, ShowsOneStateOfASelector) {
    auto snapshot = quiet();
    const auto found = samples(metrics_page(snapshot));
    int ones = 0;
    int all = 0;
    for (const auto& [series, value] : found) {
        if (series.starts_with("signet_dkim_selector{")) {
            ++all;
            ones += value == "1" ? 1 : 0;
        }
    }
    EXPECT_EQ(all, 8);
    EXPECT_EQ(ones, 1);
}

TEST(MetricsPage, BoundsTheReasons) {
    auto snapshot = quiet();
    for (std::uint64_t i = 0; i < kMaxHeldReasons + 3; ++i) {
        snapshot.queue.held["reason " + std::to_string(i)] = 100 - i;
    }
    const auto found = samples(metrics_page(snapshot));
    EXPECT_EQ(found.at("signet_queue_held{reason=\"reason 0\"}"), "100");
    EXPECT_EQ(found.at("signet_queue_held{reason=\"other\"}"), std::to_string(80 + 79 + 78));
    EXPECT_FALSE(found.contains("signet_queue_held{reason=\"reason 21\"}"));
}

TEST(MetricsPage, KnowsTheAgeOfTheOldest) {
    auto snapshot = quiet();
    snapshot.queue.totals.oldest = id_at(kNoon - std::chrono::milliseconds(1500));
    EXPECT_EQ(samples(metrics_page(snapshot)).at("signet_queue_oldest_seconds"), "1.5");
    snapshot.queue.totals.oldest = id_at(kNoon + std::chrono::seconds(5));
    EXPECT_EQ(samples(metrics_page(snapshot)).at("signet_queue_oldest_seconds"), "0");
}

TEST(MetricsPage, LeavesOutADiskThatCannotBeAsked) {
    auto snapshot = quiet();
    snapshot.free_octets.reset();
    EXPECT_EQ(metrics_page(snapshot).find("signet_disk_free_bytes"), std::string::npos);
}

}  // namespace
}  // namespace relay::status
