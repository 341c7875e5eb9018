#include "relay/committer.h"

#include <atomic>
#include <future>

#include <gtest/gtest.h>

#include "tests/relay/counting_store.h"

namespace {

using relay::Committer;
using support::CountingStore;
using support::fact;

struct Stage {
    CountingStore store;
    relay::Metrics metrics;
    Committer committer{store, metrics};

    Committer::Changes changes(const std::string& key) {
        Committer::Changes made;
        made.push_back(fact(key));
        return made;
    }
};

TEST(Committer, FoldsEverythingThatWaitsIntoOneCommit) {
    Stage stage;
    std::atomic<int> done{0};
    const auto count = [&done](const conf::Result<void>& result) { done += result ? 1 : 100; };
    stage.store.block();
    stage.committer.commit(stage.changes("first"), count);
    stage.store.wait_for_commits(1);
    for (int i = 0; i < 20; ++i) {
        stage.committer.commit(stage.changes("folded"), count);
    }
    stage.store.unblock();
    stage.committer.stop();
    EXPECT_EQ(done, 21);
    EXPECT_EQ(stage.store.commits, 2);
}

TEST(Committer, RidersGoWithTheNextCommitInOrder) {
    Stage stage;
    std::promise<void> committed;
    stage.committer.commit_later(stage.changes("rider"));
    stage.committer.commit(stage.changes("urgent"),
                           [&](const conf::Result<void>&) { committed.set_value(); });
    committed.get_future().wait();
    EXPECT_EQ(stage.store.keys, (std::vector<std::string>{"rider", "urgent"}));
}

TEST(Committer, RidersDoNotWaitForEver) {
    Stage stage;
    stage.committer.commit_later(stage.changes("alone"));
    stage.store.wait_for_commits(1);
    stage.committer.stop();
    EXPECT_EQ(stage.store.keys, std::vector<std::string>{"alone"});
}

TEST(Committer, WorkSeesEverythingGivenBeforeIt) {
    Stage stage;
    std::promise<std::size_t> seen;
    stage.committer.commit_later(stage.changes("rider"));
    stage.committer.on_store([&](queue::Store&) { seen.set_value(stage.store.keys.size()); });
    EXPECT_EQ(seen.get_future().get(), 1U);
}

TEST(Committer, WorkSeesWhatWasGivenWhileOtherWorkWasDone) {
    Stage stage;
    std::promise<std::vector<std::string>> seen;
    std::promise<void> given;
    stage.committer.on_store([&](queue::Store&) { given.get_future().wait(); });
    stage.committer.on_store([&](queue::Store&) {});  // there is more to do, and it is done at once
    stage.committer.commit_later(stage.changes("rider"));
    stage.committer.on_store([&](queue::Store&) { seen.set_value(stage.store.keys); });
    given.set_value();
    EXPECT_EQ(seen.get_future().get(), std::vector<std::string>{"rider"});
    stage.committer.stop();
}

TEST(Committer, FullDiskRefusesOnlyWhatDoesNotFit) {
    Stage stage;
    stage.store.full.insert("large");
    stage.store.block();
    std::atomic<int> fine{0}, refused{0};
    const auto count = [&](const conf::Result<void>& result) { ++(result ? fine : refused); };
    stage.committer.commit(stage.changes("first"), count);
    stage.store.wait_for_commits(1);
    stage.committer.commit(stage.changes("small"), count);
    stage.committer.commit(stage.changes("large"), count);
    stage.committer.commit(stage.changes("also small"), count);
    stage.store.unblock();
    stage.committer.stop();
    EXPECT_EQ(fine, 3);
    EXPECT_EQ(refused, 1);
}

TEST(Committer, OutcomesWaitForRoomOnAFullDisk) {
    Stage stage;
    stage.store.full.insert("outcome");
    stage.committer.commit_later(stage.changes("outcome"));
    stage.store.wait_for_commits(1);
    {
        const std::lock_guard lock(stage.store.mutex);
        stage.store.full.clear();
    }
    stage.store.wait_for_commits(2);
    stage.committer.stop();
    EXPECT_EQ(stage.store.keys, std::vector<std::string>{"outcome"});
}

TEST(Committer, RidersOfManyOctetsAreNotOvertaken) {
    Stage stage;
    stage.store.block();
    stage.committer.commit(stage.changes("first"), [](const conf::Result<void>&) {});
    stage.store.wait_for_commits(1);
    std::vector<std::string> expected{"first"};
    Committer::Changes large;
    large.emplace_back(
        queue::AddChunk{queue::MessageId(1), 0, std::string(Committer::kMaxPayload, 'x')});
    stage.committer.commit_later(std::move(large));
    for (const char* key : {"a", "b", "c"}) {
        stage.committer.commit_later(stage.changes(key));
        expected.emplace_back(key);
    }
    stage.committer.commit(stage.changes("urgent"), [](const conf::Result<void>&) {});
    expected.emplace_back("urgent");
    stage.store.unblock();
    stage.committer.stop();
    EXPECT_EQ(stage.store.keys, expected);
}

TEST(Committer, WorkGetsItsTurnBetweenCommits) {
    Stage stage;
    stage.store.block();
    stage.committer.commit(stage.changes("first"), [](const conf::Result<void>&) {});
    stage.store.wait_for_commits(1);
    std::vector<std::string> seen;
    stage.committer.commit(stage.changes("before"), [](const conf::Result<void>&) {});
    stage.committer.on_store([&](queue::Store&) { seen = stage.store.keys; });
    stage.committer.commit(stage.changes("after"), [](const conf::Result<void>&) {});
    stage.store.unblock();
    stage.committer.stop();
    EXPECT_EQ(seen, (std::vector<std::string>{"first", "before"}));
    EXPECT_EQ(stage.store.keys, (std::vector<std::string>{"first", "before", "after"}));
}

TEST(Committer, WhatComesAfterAPutOffOutcomeOfARowWaitsForIt) {
    Stage stage;
    stage.store.full.insert("row=1");
    stage.committer.commit_later(stage.changes("row=1"));
    stage.store.wait_for_commits(1);
    stage.committer.commit_later(stage.changes("row=2"));
    stage.committer.commit_later(stage.changes("other"));
    std::promise<conf::Result<void>> urgent;
    stage.committer.commit(stage.changes("row=3"),
                           [&](const conf::Result<void>& result) { urgent.set_value(result); });
    const auto refused = urgent.get_future().get();
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, queue::errc::StoreFull);
    std::promise<std::vector<std::string>> seen;
    stage.committer.on_store([&](queue::Store&) { seen.set_value(stage.store.keys); });
    EXPECT_EQ(seen.get_future().get(), std::vector<std::string>{"other"});
    {
        const std::lock_guard lock(stage.store.mutex);
        stage.store.full.clear();
    }
    stage.committer.stop();
    EXPECT_EQ(stage.store.keys, (std::vector<std::string>{"other", "row=1", "row=2"}));
}

TEST(Committer, TidiesTheStoreThoughItIsNeverIdleForASecond) {
    Stage stage;
    for (int i = 0; i < 200 && stage.store.tidies == 0; ++i) {
        stage.committer.commit(stage.changes("one"), [](const conf::Result<void>&) {});
        std::this_thread::sleep_for(std::chrono::milliseconds(50));
    }
    EXPECT_GT(stage.store.tidies, 0);
}

TEST(Committer, NothingIsAcceptedAfterStop) {
    Stage stage;
    stage.committer.stop();
    bool refused = false;
    stage.committer.commit(stage.changes("late"),
                           [&](const conf::Result<void>& result) { refused = !result; });
    EXPECT_TRUE(refused);
}

}  // namespace
