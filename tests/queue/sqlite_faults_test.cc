// What the store does when the disk under it fails, and how much it asks of a disk that works.
#include <filesystem>

#include <gtest/gtest.h>

#include "queue/errors.h"
#include "queue/sqlite_store.h"
#include "tests/queue/faulty_vfs.h"
#include "tests/queue/store_samples.h"

namespace queue {
namespace {

class SqliteFaults : public testing::Test {
protected:
    void SetUp() override {
        FaultyVfs::install();
        FaultyVfs::reset();
        store = open();
    }
    void TearDown() override {
        FaultyVfs::reset();
        store.reset();
    }

    std::unique_ptr<Store> open() {
        auto opened = SqliteStore::open(folder.path(), at(0));
        EXPECT_TRUE(opened) << opened.error().message();
        return opened ? std::move(*opened) : nullptr;
    }

    [[nodiscard]] boost::system::error_code insert(const Sample& sample) const {
        const auto stored = store->commit(changes(Insert{make_message(sample), std::nullopt}));
        return stored ? boost::system::error_code() : stored.error().code;
    }

    void expect_latched() const {
        EXPECT_NE(store->latched(), "");
        EXPECT_EQ(insert({.ms = 900}), errc::StoreLatched);
        EXPECT_EQ(store->claim_due(at(0), 1).error().code, errc::StoreLatched);
        EXPECT_EQ(store->next_due().error().code, errc::StoreLatched);
        EXPECT_EQ(store->held(MessageId(), 1).error().code, errc::StoreLatched);
        EXPECT_EQ(store->load(id_at(1)).error().code, errc::StoreLatched);
        EXPECT_EQ(store->read_body(id_at(1), 0).error().code, errc::StoreLatched);
        EXPECT_EQ(store->query({}, MessageId()).error().code, errc::StoreLatched);
        EXPECT_EQ(store->totals().error().code, errc::StoreLatched);
        EXPECT_EQ(store->recall("t").error().code, errc::StoreLatched);
        EXPECT_EQ(store->free_octets().error().code, errc::StoreLatched);
        EXPECT_EQ(store->tidy(at(0)).error().code, errc::StoreLatched);
    }

    TempFolder folder;
    std::unique_ptr<Store> store;
};

TEST_F(SqliteFaults, LatchesAfterAFailedSyncAndBelievesNoLaterOne) {
    ASSERT_FALSE(insert({.ms = 1}));
    FaultyVfs::fail_syncs = true;
    EXPECT_EQ(insert({.ms = 2}), errc::StoreLatched);
    FaultyVfs::fail_syncs = false;
    expect_latched();
    EXPECT_NE(store->latched().find("disk I/O error"), std::string::npos) << store->latched();
    // Not even closing checkpoints.
    FaultyVfs::syncs = 0;
    store.reset();
    EXPECT_EQ(FaultyVfs::syncs, 0U);
    EXPECT_TRUE(std::filesystem::exists(folder.path() + "/queue.db-wal"));
    store = open();
    EXPECT_TRUE(store->load(id_at(1)));
    EXPECT_EQ(store->latched(), "");
}

TEST_F(SqliteFaults, LatchesAfterAFailedWrite) {
    ASSERT_FALSE(insert({.ms = 1}));
    FaultyVfs::fail_writes = true;
    EXPECT_EQ(insert({.ms = 2}), errc::StoreLatched);
    FaultyVfs::fail_writes = false;
    expect_latched();
    store.reset();
    store = open();
    EXPECT_TRUE(store->load(id_at(1)));
    EXPECT_EQ(store->load(id_at(2)).error().code, errc::NotFound);
}

TEST_F(SqliteFaults, LatchesAfterAFailedClaim) {
    ASSERT_TRUE(store->commit(changes(Insert{make_message({.ms = 1}), at(1)})));
    FaultyVfs::fail_syncs = true;
    EXPECT_EQ(store->claim_due(at(5), 10).error().code, errc::StoreLatched);
    FaultyVfs::fail_syncs = false;
    expect_latched();
}

TEST_F(SqliteFaults, DoesNotLatchAfterAFailedRead) {
    ASSERT_FALSE(insert({.ms = 1, .body = 300000}));
    FaultyVfs::fail_reads = true;
    const auto body = store->read_body(id_at(1), 0);
    FaultyVfs::fail_reads = false;
    ASSERT_FALSE(body);
    EXPECT_EQ(body.error().code, errc::StoreUnreadable) << body.error().message();
    EXPECT_EQ(store->latched(), "");
    EXPECT_TRUE(store->read_body(id_at(1), 0));
    EXPECT_FALSE(insert({.ms = 2}));
}

TEST_F(SqliteFaults, RefusesToOpenWhenTheFirstCheckpointFails) {
    ASSERT_FALSE(insert({.ms = 1}));
    FaultyVfs::fail_syncs = true;
    EXPECT_EQ(insert({.ms = 2}), errc::StoreLatched);  // leaves a journal
    store.reset();
    auto opened = SqliteStore::open(folder.path(), at(0));
    ASSERT_FALSE(opened);
    EXPECT_EQ(opened.error().code, errc::StoreUnwritable) << opened.error().message();
    EXPECT_NE(opened.error().detail.find("checkpoint"), std::string::npos)
        << opened.error().message();
    FaultyVfs::fail_syncs = false;
    store = open();
    EXPECT_TRUE(store->load(id_at(1)));
}

TEST_F(SqliteFaults, SyncsOnceForACommitOfMany) {
    ASSERT_FALSE(insert({.ms = 1}));
    for (int round = 0; round < 20; ++round) {
        std::vector<Change> some;
        for (int i = 0; i < 8; ++i) {
            some.emplace_back(
                std::in_place_type<Insert>,
                Insert{make_message({.ms = 10 + 10 * round + i, .body = 9000}), std::nullopt});
            some.emplace_back(std::in_place_type<Remove>, Remove{id_at(10 * round + i)});
        }
        FaultyVfs::syncs = 0;
        ASSERT_TRUE(store->commit(some));
        EXPECT_EQ(FaultyVfs::syncs, 1U);
    }
}

TEST_F(SqliteFaults, WritesNothingForQuestionsAndIdleUpkeep) {
    ASSERT_FALSE(insert({.ms = 1}));
    FaultyVfs::reset();
    EXPECT_TRUE(store->claim_due(at(0), 10)->empty());
    EXPECT_TRUE(store->query({}, MessageId()));
    EXPECT_TRUE(store->totals());
    EXPECT_TRUE(store->tidy(at(0)));
    EXPECT_TRUE(store->commit({}));
    EXPECT_EQ(FaultyVfs::syncs, 0U);
    EXPECT_EQ(FaultyVfs::written, 0U);
}

TEST_F(SqliteFaults, RewritesNoBodyWhenAnEnvelopeChanges) {
    ASSERT_FALSE(insert({.ms = 1, .body = 900000}));
    Envelope envelope = store->load(id_at(1))->envelope;
    envelope.recipients[0].attempts = 1;
    FaultyVfs::reset();
    ASSERT_TRUE(store->commit(changes(Update{std::make_shared<const Envelope>(envelope), at(60000)},
                                      Resign{id_at(1), "other signatures", "example.com/b"})));
    EXPECT_LT(FaultyVfs::written, 60000U);
}

TEST_F(SqliteFaults, LatchesWhenACheckpointFailsYetKeepsTheCommitItFollows) {
    int ms = 0;
    while (store->latched().empty() && ms < 200) {
        // A commit's own sync is one; those of the checkpoint that follows some commit fail.
        FaultyVfs::good_syncs = 1;
        ASSERT_FALSE(insert({.ms = ++ms, .body = 100000}));
    }
    FaultyVfs::reset();
    EXPECT_NE(store->latched().find("checkpoint"), std::string::npos) << store->latched();
    EXPECT_GT(ms, 50);
    expect_latched();
    store.reset();
    store = open();
    EXPECT_TRUE(store->load(id_at(ms)));
    EXPECT_EQ(store->totals()->waiting, static_cast<std::uint64_t>(ms));
}

}  // namespace
}  // namespace queue
