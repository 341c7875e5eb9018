// What every Store promises, as tests. Instantiate with a type that has
//     conf::Result<std::unique_ptr<Store>> open(Instant now);   // the same store each time; one
//     open at a time
//
//     INSTANTIATE_TYPED_TEST_SUITE_P(Sqlite, StoreConformance, SqliteBench);
#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "queue/store.h"
#include "tests/queue/store_samples.h"

namespace queue {

class StoreBench {
public:
    virtual ~StoreBench() = default;
    /// The same store each time; the one before is closed.
    virtual conf::Result<std::unique_ptr<Store>> open(Instant now) = 0;
};
using MakeStoreBench = std::unique_ptr<StoreBench> (*)();

class StoreConformance : public testing::TestWithParam<MakeStoreBench> {
protected:
    void SetUp() override { reopen(); }

    void reopen(std::int64_t now = 0) {
        store.reset();
        auto opened = bench->open(at(now));
        ASSERT_TRUE(opened) << opened.error().message();
        store = std::move(*opened);
    }

    void commit(const std::vector<Change>& some) {
        const auto done = store->commit(some);
        ASSERT_TRUE(done) << done.error().message();
    }

    void insert(const Sample& sample, std::optional<Instant> due = std::nullopt) {
        commit(changes(Insert{make_message(sample), due}));
    }

    /// The times (of their ids) of the messages claimed.
    std::vector<std::int64_t> claim(std::int64_t now, std::size_t limit = 100) {
        const auto claimed = store->claim_due(at(now), limit);
        EXPECT_TRUE(claimed);
        return times(*claimed);
    }

    static std::vector<std::int64_t> times(const std::vector<Envelope>& envelopes) {
        std::vector<std::int64_t> all;
        for (const Envelope& envelope : envelopes) {
            all.push_back((envelope.id.time() - at(0)).count());
        }
        return all;
    }

    /// All pages of a query.
    std::vector<std::int64_t> find(const Filter& filter, MessageId from = MessageId()) {
        std::vector<std::int64_t> all;
        for (int pages = 0; pages < 100; ++pages) {
            const auto page = store->query(filter, from);
            EXPECT_TRUE(page);
            for (const auto& [envelope, due] : page->messages) {
                all.push_back((envelope.id.time() - at(0)).count());
            }
            if (!page->next) {
                return all;
            }
            EXPECT_GT(*page->next, from);
            from = *page->next;
        }
        ADD_FAILURE() << "the pages have no end";
        return all;
    }

    boost::system::error_code load_error(MessageId id) {
        const auto loaded = store->load(id);
        return loaded ? boost::system::error_code() : loaded.error().code;
    }

    void expect_totals(std::uint64_t waiting,
                       std::uint64_t active,
                       std::uint64_t held,
                       std::uint64_t octets) {
        const auto totals = store->totals();
        ASSERT_TRUE(totals);
        EXPECT_EQ(totals->waiting, waiting);
        EXPECT_EQ(totals->active, active);
        EXPECT_EQ(totals->held, held);
        EXPECT_EQ(totals->octets, octets);
    }

    std::unique_ptr<StoreBench> bench = GetParam()();
    std::unique_ptr<Store> store;
};

}  // namespace queue
