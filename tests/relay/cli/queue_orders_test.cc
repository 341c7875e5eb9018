// signet queue hold, release and check, each beside a running relay and on a stopped one's store.
#include <memory>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "queue/sqlite_store.h"
#include "relay/cli/queue_commands.h"
#include "relay/clock.h"
#include "tests/relay/cli/said.h"
#include "tests/relay/status/small_relay.h"

namespace relay::cli {
namespace {

using status::HoldRequest;
using status::Selection;
using status::SmallRelay;

enum class Relay { Running, Stopped };

Selection by_id(::queue::MessageId id) {
    Selection selection;
    selection.id = id.text();
    return selection;
}

Selection everything() {
    Selection selection;
    selection.all = true;
    return selection;
}

class QueueOrders : public testing::TestWithParam<Relay> {
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

    Said hold(const Selection& selection, const std::string& reason = "", bool json = false) {
        return said([&] { return queue_hold(*config_, {selection, reason}, json); });
    }
    Said release(const Selection& selection, bool json = false) {
        return said([&] { return queue_release(*config_, selection, json); });
    }
    nlohmann::json show(::queue::MessageId id) {
        return nlohmann::json::parse(
            said([&] { return queue_show(*config_, id.text(), true); }).out);
    }

    std::shared_ptr<const status::Folder> folder_;
    std::shared_ptr<const conf::Config> config_;
    std::unique_ptr<SmallRelay> relay_;
    ::queue::MessageId waiting_, held_;
};

INSTANTIATE_TEST_SUITE_P(
    OfA, QueueOrders, testing::Values(Relay::Running, Relay::Stopped), [](const auto& tested) {
        return tested.param == Relay::Running ? "RunningRelay" : "StoppedRelay";
    });

TEST_P(QueueOrders, HoldKeepsMessagesWithTheReason) {
    const auto text = hold(by_id(waiting_), "wait for the lawyer");
    EXPECT_EQ(text.status, 0) << text.err;
    EXPECT_EQ(text.out, "held 1 message\n");
    const auto shown = show(waiting_);
    EXPECT_EQ(shown["state"], "held");
    EXPECT_EQ(shown["hold"]["reason"], "held by a person: wait for the lawyer");
    EXPECT_EQ(hold(everything(), "", true).out, "{\"held\":2}\n");
    EXPECT_EQ(show(held_)["hold"]["reason"], "held by a person");
}

TEST_P(QueueOrders, ReleaseEndsAPersonsHold) {
    EXPECT_EQ(hold(by_id(waiting_)).status, 0);
    const auto text = release(everything());
    EXPECT_EQ(text.status, 0) << text.err;
    EXPECT_EQ(text.out, "released 1 message\n") << "the other one is the gate's";
    const auto shown = show(waiting_);
    EXPECT_EQ(shown["hold"], nullptr);
    EXPECT_EQ(shown["signed_by"], "") << "it is signed anew";
    EXPECT_EQ(shown["state"], "waiting");
}

TEST_P(QueueOrders, ReleaseOfWhatTheGateHoldsSaysHowItEnds) {
    const auto text = release(by_id(held_));
    EXPECT_EQ(text.status, 1);
    EXPECT_EQ(text.out, "");
    EXPECT_NE(text.err.find("nobody holds 1 message of those"), std::string::npos) << text.err;
    EXPECT_NE(text.err.find("released by themselves"), std::string::npos) << text.err;
    EXPECT_EQ(show(held_)["hold"]["reason"], "no PTR record");
    const auto none = release(by_id(waiting_));
    EXPECT_EQ(none.status, 1);
    EXPECT_NE(none.err.find("signet: no message matches"), std::string::npos) << none.err;
    EXPECT_EQ(release(by_id(waiting_), true).out, "{\"released\":0}\n");
}

TEST_P(QueueOrders, NothingIsChangedWithoutASelectionOrWithANonsensicalOne) {
    EXPECT_EQ(hold({}).status, 2);
    EXPECT_EQ(release({}).status, 2);
    EXPECT_EQ(hold(everything(), std::string(201, 'x')).status, 2);
    EXPECT_EQ(hold(everything(), "a\nb").status, 2);
    Selection waiting;
    waiting.state = "waiting";
    EXPECT_EQ(release(waiting).status, 2);
    EXPECT_EQ(show(waiting_)["hold"], nullptr);
}

TEST_P(QueueOrders, CheckNamesWhatIsDamaged) {
    // Both have made-up sizes.
    const auto text = said([&] { return queue_check(*config_, false); });
    EXPECT_EQ(text.status, 1);
    EXPECT_TRUE(text.out.starts_with("checked 2 messages: 2 are damaged\n")) << text.out;
    EXPECT_NE(text.out.find(waiting_.text()), std::string::npos);
    EXPECT_NE(text.err.find("signet: 2 messages are damaged: "), std::string::npos) << text.err;
    const auto json = said([&] { return queue_check(*config_, true); });
    EXPECT_EQ(json.status, 1);
    EXPECT_EQ(nlohmann::json::parse(json.out)["damaged_in_all"], 2);
    EXPECT_EQ(said([&] { return queue_delete(*config_, everything(), false); }).status, 0);
    const auto empty = said([&] { return queue_check(*config_, false); });
    EXPECT_EQ(empty.status, 0) << empty.err;
    EXPECT_EQ(empty.out, "checked 0 messages: all are whole\n");
}

}  // namespace
}  // namespace relay::cli
