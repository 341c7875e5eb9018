#include <gtest/gtest.h>

#include "relay/spool.h"
#include "tests/support/relay_stage.h"

namespace {

using relay::history::Field;
using support::RelayStage;
using Kind = queue::Outcome::Kind;
using Happened = relay::history::Kind;

queue::Outcome outcome(Kind kind, queue::EnhancedStatus status, const std::string& text) {
    queue::Outcome made;
    made.kind = kind;
    made.status = status;
    made.text = text;
    made.host = "mx.one.test";
    made.ip = "192.0.2.1";
    made.remote = true;
    return made;
}

const queue::Outcome kDelivered = outcome(Kind::Delivered, {2, 0, 0}, "250 2.0.0 ok");
const queue::Outcome kDeferred = outcome(Kind::Deferred, {4, 2, 0}, "450 4.2.0 later");

std::optional<relay::Lease> lease_for(RelayStage& stage, const std::string& domain) {
    stage.spool->domains_to_route(relay::wall_clock());
    stage.spool->assign(domain, "site-" + domain, relay::wall_clock() + std::chrono::hours(1));
    return stage.spool->next_for("site-" + domain, 1, {});
}

class SpoolHistory : public testing::Test {
protected:
    queue::MessageId accept(const std::vector<std::string>& recipients) {
        const auto message = stage.message(recipients);
        EXPECT_TRUE(stage.wait(stage.spool->accept(message)));
        return message->envelope.id;
    }
    relay::Explained explain(queue::MessageId id) {
        auto explained = stage.wait(stage.spool->explain(id));
        EXPECT_TRUE(explained);
        return explained.value_or(relay::Explained{});
    }
    static std::vector<Happened> kinds(const relay::Explained& explained) {
        std::vector<Happened> all;
        for (const auto& event : explained.story.events) {
            all.push_back(event.kind);
        }
        return all;
    }

    RelayStage stage;
};

TEST_F(SpoolHistory, ActiveMessageWaitsForARouteThenForItsTurnThenIsTried) {
    const auto id = accept({"a@one.test"});
    auto explained = explain(id);
    EXPECT_EQ(explained.state, "active");
    EXPECT_EQ(explained.queued, std::set<int>{0});
    EXPECT_TRUE(explained.sites.empty());

    stage.spool->domains_to_route(relay::wall_clock());
    stage.spool->assign("one.test", "site", relay::wall_clock() + std::chrono::hours(1));
    explained = explain(id);
    EXPECT_EQ(explained.queued, std::set<int>{0});
    ASSERT_TRUE(explained.sites.contains("one.test"));
    EXPECT_EQ(explained.sites["one.test"].site, "site");
    EXPECT_EQ(explained.sites["one.test"].waiting, 1U);
    EXPECT_GE(explained.sites["one.test"].limit, 1);

    const auto lease = stage.spool->next_for("site", 1, {});
    ASSERT_TRUE(lease);
    EXPECT_TRUE(explain(id).queued.empty());
}

TEST_F(SpoolHistory, DeferredMessageTellsTheReplyTheNextAttemptAndTheSite) {
    const auto id = accept({"a@one.test"});
    stage.spool->settle(*lease_for(stage, "one.test"), {kDeferred});
    stage.settle_store();
    const auto explained = explain(id);
    EXPECT_EQ(explained.state, "waiting");
    EXPECT_EQ(explained.sites.at("one.test").site, "site-one.test");
    ASSERT_EQ(kinds(explained), std::vector<Happened>{Happened::Deferred});
    const auto& event = explained.story.events.front();
    EXPECT_EQ(event.value(Field::To), "a@one.test");
    EXPECT_EQ(event.value(Field::Host), "mx.one.test");
    EXPECT_EQ(event.value(Field::Ip), "192.0.2.1");
    EXPECT_EQ(event.value(Field::Reply), "450 4.2.0 later");
    EXPECT_EQ(event.value(Field::Next),
              std::to_string(explained.due.value().time_since_epoch().count()));
}

TEST_F(SpoolHistory, DeliveredMessageIsToldAsItEnded) {
    const auto id = accept({"a@one.test"});
    stage.spool->settle(*lease_for(stage, "one.test"), {kDelivered});
    for (const bool written : {false, true}) {
        if (written) {
            stage.settle_store();
            stage.history->write_now();
        }
        const auto explained = explain(id);
        EXPECT_EQ(explained.state, "finished");
        EXPECT_EQ(explained.envelope.recipients[0].state, queue::Recipient::State::Delivered);
        EXPECT_EQ(explained.envelope.recipients[0].last, kDelivered);
        EXPECT_EQ(kinds(explained), std::vector<Happened>{Happened::Delivered});
    }
}

TEST_F(SpoolHistory, RecipientsThatEndAlikeAreOneEvent) {
    std::vector<std::string> recipients;
    for (int i = 0; i < 30; ++i) {
        recipients.push_back("user" + std::to_string(i) + "@one.test");
    }
    const auto id = accept(recipients);
    std::vector<queue::Outcome> outcomes(30, kDelivered);
    outcomes.back() = kDeferred;
    stage.spool->settle(*lease_for(stage, "one.test"), outcomes);
    const auto explained = explain(id);
    ASSERT_EQ(kinds(explained), (std::vector<Happened>{Happened::Delivered, Happened::Deferred}));
    const auto to = explained.story.events[0].value(Field::To);
    EXPECT_TRUE(to.starts_with("user0@one.test, user1@one.test, ")) << to;
    EXPECT_TRUE(to.ends_with("user9@one.test and 19 more")) << to;
    EXPECT_EQ(explained.story.events[1].value(Field::To), "user29@one.test");
}

TEST_F(SpoolHistory, DeletedMessageIsToldAfterARestart) {
    const auto id = accept({"a@one.test"});
    queue::Filter filter;
    filter.id = id;
    EXPECT_EQ(stage.wait(stage.spool->remove(filter)).value(), 1U);
    stage.close();
    stage.open();
    const auto explained = explain(id);
    EXPECT_EQ(explained.state, "finished");
    EXPECT_EQ(explained.envelope.recipients[0].state, queue::Recipient::State::Deleted);
    ASSERT_EQ(kinds(explained), std::vector<Happened>{Happened::Deleted});
    EXPECT_EQ(explained.story.events[0].value(Field::By), "a person");
}

TEST_F(SpoolHistory, MessageWhoseEndWasNeverWrittenIsToldByItsEvents) {
    const queue::MessageId id(12345678);
    stage.history->note(id, Happened::Held, {{Field::Reason, "why"}});
    const auto explained = explain(id);
    EXPECT_EQ(explained.state, "finished");
    EXPECT_EQ(explained.envelope.id, id);
    EXPECT_EQ(kinds(explained), std::vector<Happened>{Happened::Held});
    EXPECT_FALSE(stage.wait(stage.spool->explain(queue::MessageId(99))));
}

}  // namespace
