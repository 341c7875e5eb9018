#include "relay/cli/queue_commands.h"

#include <memory>
#include <unistd.h>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "tests/relay/cli/said.h"
#include "tests/relay/status/small_relay.h"

namespace relay::cli {
namespace {

using status::Selection;
using status::SmallRelay;

Selection by_id(::queue::MessageId id) {
    Selection selection;
    selection.id = id.text();
    return selection;
}

Selection by_state(const std::string& state) {
    Selection selection;
    selection.state = state;
    return selection;
}

Selection everything() {
    Selection selection;
    selection.all = true;
    return selection;
}

enum class Relay { Running, Stopped };

/// Each command twice: beside a running relay, and on a stopped one's store.
class QueueCommands : public testing::TestWithParam<Relay> {
protected:
    void SetUp() override {
        relay_ = std::make_unique<SmallRelay>();
        folder_ = relay_->folder;
        config_ = relay_->config;
        waiting_ = relay_->store("user@example.net");
        held_ = relay_->store("user@example.org", "no PTR record");
        if (GetParam() == Relay::Stopped) {
            relay_.reset();
        }
    }

    Said list(const Selection& selection, bool json = false) {
        return said([&] { return queue_list(*config_, selection, json); });
    }
    Said remove(const Selection& selection, bool json = false) {
        return said([&] { return queue_delete(*config_, selection, json); });
    }
    Said retry(const Selection& selection, bool json = false) {
        return said([&] { return queue_retry(*config_, selection, json); });
    }
    Said show(const std::string& id, bool json = false) {
        return said([&] { return queue_show(*config_, id, json); });
    }

    std::shared_ptr<const status::Folder> folder_;
    std::shared_ptr<const conf::Config> config_;
    std::unique_ptr<SmallRelay> relay_;
    ::queue::MessageId waiting_, held_;
};

INSTANTIATE_TEST_SUITE_P(
    OfA, QueueCommands, testing::Values(Relay::Running, Relay::Stopped), [](const auto& tested) {
        return tested.param == Relay::Running ? "RunningRelay" : "StoppedRelay";
    });

TEST_P(QueueCommands, SummaryCounts) {
    const auto text = said([&] { return queue_summary(*config_, false); });
    EXPECT_EQ(text.status, 0) << text.err;
    EXPECT_NE(text.out.find("waiting  1\n"), std::string::npos) << text.out;
    EXPECT_NE(text.out.find("held     1\n"), std::string::npos) << text.out;
    const auto json = said([&] { return queue_summary(*config_, true); });
    EXPECT_EQ(nlohmann::json::parse(json.out)["waiting"], 1);
}

TEST_P(QueueCommands, ListShowsEveryMessage) {
    const auto text = list({});
    EXPECT_EQ(text.status, 0) << text.err;
    EXPECT_TRUE(text.out.starts_with("ID "));
    EXPECT_NE(text.out.find(waiting_.text()), std::string::npos);
    EXPECT_NE(text.out.find(held_.text()), std::string::npos);
    EXPECT_NE(text.out.find("no PTR record"), std::string::npos);
    const auto json = nlohmann::json::parse(list({}, true).out);
    ASSERT_EQ(json.size(), 2U);
    EXPECT_EQ(json[0]["id"], waiting_.text());
    EXPECT_EQ(json[1]["state"], "held");
}

TEST_P(QueueCommands, ListSelects) {
    const auto held = list(by_state("held"));
    EXPECT_EQ(held.status, 0) << held.err;
    EXPECT_NE(held.out.find(held_.text()), std::string::npos);
    EXPECT_EQ(held.out.find(waiting_.text()), std::string::npos);
    Selection domain;
    domain.domain = "example.net";
    EXPECT_NE(list(domain).out.find(waiting_.text()), std::string::npos);
    Selection old;
    old.older_than = "1d";
    EXPECT_EQ(list(old).status, 1);
}

TEST_P(QueueCommands, ListThatMatchesNothingSaysSo) {
    Selection nobody;
    nobody.sender = "nobody@example.com";
    const auto text = list(nobody);
    EXPECT_EQ(text.status, 1);
    EXPECT_EQ(text.out, "");
    EXPECT_TRUE(text.err.starts_with("signet: no message matches"));
    EXPECT_EQ(list(nobody, true).out, "[]\n");
}

TEST_P(QueueCommands, ShowExplains) {
    const auto text = show(held_.text());
    EXPECT_EQ(text.status, 0) << text.err;
    for (const char* expected : {"held",
                                 "no PTR record",
                                 "user@example.org",
                                 "app@example.com",
                                 "released by itself when the check passes"}) {
        EXPECT_NE(text.out.find(expected), std::string::npos) << expected;
    }
    EXPECT_EQ(nlohmann::json::parse(show(held_.text(), true).out)["id"], held_.text());
}

TEST_P(QueueCommands, ShowOfAnUnknownOneIsNo) {
    const auto text = show("0000000000000");
    EXPECT_EQ(text.status, 1);
    EXPECT_TRUE(text.err.starts_with("signet: no message 0000000000000"));
    EXPECT_EQ(show("12").status, 2);
}

TEST_P(QueueCommands, DeleteRemovesWhatIsSelected) {
    const auto text = remove(by_id(waiting_));
    EXPECT_EQ(text.status, 0) << text.err;
    EXPECT_EQ(text.out, "deleted 1 message\n");
    EXPECT_EQ(list({}).out.find(waiting_.text()), std::string::npos);
    EXPECT_EQ(remove(by_id(waiting_)).status, 1);
    EXPECT_EQ(remove(everything(), true).out, "{\"deleted\":1}\n");
    const auto empty = list({});
    EXPECT_EQ(empty.status, 1);
    EXPECT_EQ(empty.err, "signet: the queue is empty\n");
}

TEST_P(QueueCommands, RetryMakesWaitingMailDue) {
    const auto text = retry(everything());
    EXPECT_EQ(text.status, 0) << text.err;
    EXPECT_EQ(text.out, "retried 1 message\n") << "held mail is not retried";
    EXPECT_EQ(nlohmann::json::parse(show(held_.text(), true).out)["state"], "held");
}

TEST_P(QueueCommands, RetryOfHeldMailIsRefused) {
    EXPECT_EQ(retry(by_state("held")).status, 2);
    EXPECT_EQ(retry(by_id(held_)).status, 1);
}

TEST_P(QueueCommands, NothingIsChangedWithoutASelection) {
    EXPECT_EQ(remove({}).status, 2);
    EXPECT_EQ(retry({}).status, 2);
    EXPECT_EQ(remove(by_state("sleeping")).status, 2);
    Selection wrong;
    wrong.older_than = "soon";
    const auto text = list(wrong);
    EXPECT_EQ(text.status, 2);
    EXPECT_TRUE(text.err.starts_with("signet: --older-than: ")) << text.err;
    EXPECT_EQ(nlohmann::json::parse(list({}, true).out).size(), 2U);
}

TEST(QueueCommandsWithoutAQueue, SayThatThereIsNoneAndMakeNone) {
    auto relay = std::make_unique<SmallRelay>(SmallRelay::Phase::Starting);
    const auto folder = relay->folder;
    conf::Config config = *relay->config;
    relay.reset();
    config.data_dir = folder->path() + "/elsewhere";
    config.status.control_socket.path = config.data_dir + "/control.sock";
    const auto text = said([&] { return queue_list(config, {}, false); });
    EXPECT_EQ(text.status, 3);
    EXPECT_NE(text.err.find("no relay runs"), std::string::npos) << text.err;
    EXPECT_NE(::access(config.data_dir.c_str(), F_OK), 0);
}

TEST(QueueCommandsWithoutASocket, SayWhoHoldsTheStore) {
    const SmallRelay relay;
    conf::Config config = *relay.config;
    config.status.control_socket.path = relay.folder->path() + "/wrong.sock";
    const auto text = said([&] { return queue_list(config, {}, false); });
    EXPECT_EQ(text.status, 3);
    EXPECT_TRUE(text.err.starts_with("signet: ")) << text.err;
}

}  // namespace
}  // namespace relay::cli
