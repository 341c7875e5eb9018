#include "relay/check/departures.h"

#include <gtest/gtest.h>

#include "queue/sqlite_store.h"
#include "tests/queue/store_samples.h"
#include "tests/relay/counting_store.h"
#include "tests/support/run_task.h"

namespace relay::check {
namespace {

constexpr std::int64_t kMinute = 60000;

/// A store that cannot be read.
class BlindStore : public support::CountingStore {
public:
    conf::Result<queue::Page> query(const queue::Filter&, queue::MessageId) override {
        return queue::error(queue::errc::StoreUnreadable, "the disk is gone");
    }
};

class DeparturesTest : public testing::Test {
protected:
    DeparturesTest() {
        store_ = queue::SqliteStore::open(folder_.file("data"), queue::at(0)).value();
    }
    std::shared_ptr<const queue::Message> put(std::int64_t ms,
                                              const std::string& signed_by,
                                              const std::string& hold = "") {
        auto message = std::make_shared<queue::Message>(
            *queue::make_message({.ms = ms, .hold = hold, .body = 10}));
        message->envelope.signed_by = signed_by;
        EXPECT_TRUE(store_->commit(queue::changes(queue::Insert{message, queue::at(ms)})));
        return message;
    }
    bool waits(const std::string& signer, std::int64_t until, queue::Store* store = nullptr) {
        return support::run_task(
            still_waits(store != nullptr ? *store : *store_, disk_, signer, queue::at(until)));
    }

    support::TemporaryFolder folder_;
    std::unique_ptr<queue::Store> store_;
    net::WorkerPool disk_{1};
};

TEST_F(DeparturesTest, NothingWaitsInAnEmptyQueue) {
    EXPECT_FALSE(waits("example.com/2026a", 1000));
}

TEST_F(DeparturesTest, AMessageWaitsForItsOwnSelectorsOnly) {
    const auto message = put(0, "example.com/2026a,example.org/e");
    EXPECT_TRUE(waits("example.com/2026a", 1000));
    EXPECT_TRUE(waits("example.org/e", 1000));
    for (const char* other : {"example.com/2026",
                              "example.com/2026ab",
                              "xample.com/2026a",
                              "example.com/e",
                              "2026a",
                              "example.com/2026a,example.org/e",
                              ""}) {
        EXPECT_FALSE(waits(other, 1000)) << other;
    }
    ASSERT_TRUE(store_->commit(queue::changes(queue::Remove{message->envelope.id})));
    EXPECT_FALSE(waits("example.com/2026a", 1000));
}

TEST_F(DeparturesTest, AMessageBeingDeliveredWaitsToo) {
    put(0, "example.com/2026a");
    ASSERT_EQ(store_->claim_due(queue::at(10), 10).value().size(), 1U);
    EXPECT_TRUE(waits("example.com/2026a", 1000));
}

TEST_F(DeparturesTest, AnUnsignedMessageWaitsForNobody) {
    put(0, "");
    EXPECT_FALSE(waits("example.com/2026a", 1000));
    EXPECT_FALSE(waits("", 1000));
}

TEST_F(DeparturesTest, AHeldMessageIsSignedAnew) {
    put(0, "example.com/2026a", "held");
    EXPECT_FALSE(waits("example.com/2026a", 1000));
}

TEST_F(DeparturesTest, LooksAtWhatWasAcceptedUntilAMinuteLater) {
    put(10 * kMinute, "example.com/2026a");
    EXPECT_TRUE(waits("example.com/2026a", 10 * kMinute));
    EXPECT_TRUE(waits("example.com/2026a", 9 * kMinute + 1));
    EXPECT_FALSE(waits("example.com/2026a", 9 * kMinute - 1));
    EXPECT_FALSE(waits("example.com/2026a", 0));
}

TEST_F(DeparturesTest, FindsTheOneBehindManyPages) {
    std::vector<queue::Change> many;
    for (int i = 0; i < 1100; ++i) {
        auto message =
            std::make_shared<queue::Message>(*queue::make_message({.ms = i, .body = 10}));
        message->envelope.signed_by = "example.com/other";
        many.emplace_back(queue::Insert{message, queue::at(i)});
    }
    ASSERT_TRUE(store_->commit(many));
    EXPECT_FALSE(waits("example.com/2026a", 5000));
    put(2000, "example.com/2026a");
    EXPECT_TRUE(waits("example.com/2026a", 5000));
}

TEST_F(DeparturesTest, WhatCannotBeReadMayWait) {
    BlindStore blind;
    EXPECT_TRUE(waits("example.com/2026a", 1000, &blind));
}

}  // namespace
}  // namespace relay::check
