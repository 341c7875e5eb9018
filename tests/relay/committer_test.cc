#include "relay/committer.h"

#include <atomic>
#include <condition_variable>
#include <future>
#include <mutex>
#include <set>

#include <gtest/gtest.h>

#include "queue/errors.h"

namespace {

using relay::Committer;

queue::Change fact(const std::string& key) {
    return queue::Remember{"test", key, "value", std::nullopt};
}

std::string key_of(const queue::Change& change) {
    return std::get<queue::Remember>(change).key;
}

/// A store that only counts and can be told to wait or to fail.
class CountingStore : public queue::Store {
public:
    conf::Result<void> commit(std::span<const queue::Change> changes) override {
        std::unique_lock lock(mutex);
        ++commits;
        entered.notify_all();
        may_go.wait(lock, [this] { return !blocked; });
        for (const auto& change : changes) {
            if (full.contains(key_of(change))) {
                return queue::error(queue::errc::StoreFull, "no room");
            }
        }
        for (const auto& change : changes) {
            keys.push_back(key_of(change));
        }
        return {};
    }
    conf::Result<std::vector<queue::Envelope>> claim_due(queue::Instant, std::size_t) override {
        return std::vector<queue::Envelope>();
    }
    conf::Result<std::optional<queue::Instant>> next_due() override {
        return std::optional<queue::Instant>();
    }
    conf::Result<std::vector<queue::Envelope>> held(queue::MessageId, std::size_t) override {
        return std::vector<queue::Envelope>();
    }
    conf::Result<queue::Stored> load(queue::MessageId) override {
        return queue::error(queue::errc::NotFound, "");
    }
    conf::Result<std::string> read_body(queue::MessageId, int) override {
        return queue::error(queue::errc::NotFound, "");
    }
    conf::Result<queue::Page> query(const queue::Filter&, queue::MessageId) override {
        return queue::Page();
    }
    conf::Result<queue::Totals> totals() override { return queue::Totals(); }
    conf::Result<std::map<std::string, std::string>> recall(const std::string&) override {
        return std::map<std::string, std::string>();
    }
    queue::MessageId last_id() override { return queue::MessageId(0); }
    std::uint64_t journal_octets() override { return 0; }
    conf::Result<std::uint64_t> free_octets() override { return std::uint64_t{1} << 40; }
    std::string latched() override { return ""; }
    conf::Result<void> tidy(queue::Instant) override { return {}; }

    void block() {
        const std::lock_guard lock(mutex);
        blocked = true;
    }
    void unblock() {
        const std::lock_guard lock(mutex);
        blocked = false;
        may_go.notify_all();
    }
    void wait_for_commits(int number) {
        std::unique_lock lock(mutex);
        entered.wait(lock, [&] { return commits >= number; });
    }

    std::mutex mutex;
    std::condition_variable entered, may_go;
    bool blocked = false;
    int commits = 0;
    std::set<std::string> full;
    std::vector<std::string> keys;
};

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

TEST(Committer, NothingIsAcceptedAfterStop) {
    Stage stage;
    stage.committer.stop();
    bool refused = false;
    stage.committer.commit(stage.changes("late"),
                           [&](const conf::Result<void>& result) { refused = !result; });
    EXPECT_TRUE(refused);
}

}  // namespace
