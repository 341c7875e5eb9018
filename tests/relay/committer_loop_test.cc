// Who commits: the committer's thread, or a loop by itself.
#include <future>

#include <gtest/gtest.h>

#include "relay/committer.h"
#include "relay/net/loop.h"
#include "tests/relay/counting_store.h"

namespace {

using relay::Committer;
using support::CountingStore;
using support::fact;

class CommitterOnALoop : public ::testing::Test {
protected:
    CommitterOnALoop() { loops_.start(); }
    ~CommitterOnALoop() override {
        committer_.stop();
        loops_.stop();
        loops_.join();
    }

    static Committer::Changes changes(const std::string& key) {
        Committer::Changes made;
        made.push_back(fact(key));
        return made;
    }
    static Committer::Changes large() {
        Committer::Changes made;
        for (std::size_t octets = 0; octets < 2 * Committer::kSmall; octets += 200) {
            made.push_back(fact("large"));
        }
        return made;
    }

    relay::net::Task<> commit(Committer::Changes what, std::promise<std::thread::id>& done) {
        const auto result = co_await committer_.commit(std::move(what));
        EXPECT_TRUE(result);
        done.set_value(std::this_thread::get_id());
    }

    /// From the loop; says whether the loop wrote it.
    bool commits_itself(Committer::Changes what) {
        std::promise<std::thread::id> done;
        loops_.first().spawn("test", commit(std::move(what), done));
        const auto loop = done.get_future().get();
        const std::lock_guard lock(store_.mutex);
        return store_.last_writer == loop;
    }
    /// As many short commits as it takes until they are known to be short.
    void learn() {
        for (int i = 0; i < 50; ++i) {
            commits_itself(changes("short"));
        }
    }

    CountingStore store_;
    relay::Metrics metrics_;
    Committer committer_{store_, metrics_};
    relay::net::Loops loops_{1};
};

TEST_F(CommitterOnALoop, FirstCommitIsTheCommitters) {
    EXPECT_FALSE(commits_itself(changes("first")));
}

TEST_F(CommitterOnALoop, LoneShortCommitsAreTheLoops) {
    learn();
    EXPECT_TRUE(commits_itself(changes("lone")));
}

TEST_F(CommitterOnALoop, CommitsOnASlowDiskAreTheCommitters) {
    store_.slowness = 2 * Committer::kShort;
    for (int i = 0; i < 10; ++i) {
        EXPECT_FALSE(commits_itself(changes("slow")));
    }
}

TEST_F(CommitterOnALoop, LargeCommitsAreTheCommitters) {
    learn();
    EXPECT_FALSE(commits_itself(large()));
}

TEST_F(CommitterOnALoop, CommitsThatMayFindCompanyAreTheCommitters) {
    learn();
    const Committer::Expectation other(committer_);
    EXPECT_FALSE(commits_itself(changes("two at once")));
}

TEST_F(CommitterOnALoop, TakesTheRidersAlong) {
    learn();
    const std::size_t before = store_.keys.size();
    committer_.commit_later(changes("rider"));
    commits_itself(changes("urgent"));
    const std::lock_guard lock(store_.mutex);
    EXPECT_EQ(std::vector<std::string>(store_.keys.begin() + static_cast<std::ptrdiff_t>(before),
                                       store_.keys.end()),
              (std::vector<std::string>{"rider", "urgent"}));
}

TEST_F(CommitterOnALoop, WhatComesMeanwhileIsTheCommitters) {
    learn();
    const int before = store_.commits;
    store_.block();
    std::promise<std::thread::id> done;
    loops_.first().spawn("test", commit(changes("lone"), done));
    store_.wait_for_commits(before + 1);
    std::promise<void> second;
    committer_.commit(changes("meanwhile"), [&](const conf::Result<void>&) { second.set_value(); });
    bool worked = false;
    committer_.on_store([&](queue::Store&) { worked = true; });
    store_.unblock();
    done.get_future().wait();
    second.get_future().wait();
    committer_.stop();
    EXPECT_EQ(store_.commits, before + 2);
    EXPECT_TRUE(worked);
}

}  // namespace
