// A disk that fails once, or has no room for a while, at each single write and sync of a workload:
// what was promised until then is there afterwards, and nothing is promised any more that is not.
#include <algorithm>
#include <cerrno>
#include <functional>
#include <set>
#include <span>

#include <gtest/gtest.h>

#include "queue/errors.h"
#include "queue/sqlite_store.h"
#include "tests/queue/faulty_vfs.h"
#include "tests/queue/store_samples.h"

namespace queue {
namespace {

constexpr int kFaults = 50;  // of each kind, from each beginning on
constexpr std::size_t kChunk = 100000;
constexpr std::size_t kSeen = 2000;

using Step = std::function<conf::Result<void>(Store&)>;

conf::Result<void> insert(Store& store, int first, int count, std::size_t body) {
    std::vector<Change> some;
    for (int ms = first; ms < first + count; ++ms) {
        some.emplace_back(std::in_place_type<Insert>,
                          Insert{make_message({.ms = ms, .body = body}), std::nullopt});
    }
    return store.commit(some);
}

conf::Result<void> update(Store& store, int ms, int attempts, std::vector<Change> others = {}) {
    auto stored = store.load(id_at(ms));
    if (!stored) {
        return stored.error();
    }
    auto envelope = std::make_shared<Envelope>(stored->envelope);
    envelope->recipients.front().attempts = attempts;
    others.emplace_back(std::in_place_type<Update>, Update{envelope, at(60000)});
    return store.commit(others);
}

/// What a relay asks of its store, each step one commit. Each leaves something that snapshot()
/// sees.
const std::vector<Step>& workload() {
    static const std::vector<Step> kSteps = {
        [](Store& store) { return insert(store, 1, 1, 1000); },
        [](Store& store) { return insert(store, 2, 8, 9000); },
        [](Store& store) { return update(store, 3, 1); },
        [](Store& store) {
            return store.commit(changes(Resign{id_at(2), "other signatures", "example.com/b"},
                                        Remember{"t", "k", "v", std::nullopt}));
        },
        [](Store& store) {
            return store.commit(changes(AddChunk{id_at(20), 0, std::string(kChunk, 'c')},
                                        AddChunk{id_at(20), 1, std::string(kChunk, 'd')},
                                        Remember{"t", "rows", "2", std::nullopt}));
        },
        [](Store& store) {
            return store.commit(
                changes(Insert{make_message({.ms = 20, .chunks = 2}), std::nullopt}));
        },
        [](Store& store) {
            return update(
                store, 4, 2, changes(Insert{make_message({.ms = 30, .sender = ""}), std::nullopt}));
        },
        [](Store& store) {
            return store.commit(changes(Remove{id_at(5)}, Forget{"t", "k"}));
        },
        // Enough that a checkpoint follows one of the next two, and the journal begins anew.
        [](Store& store) { return insert(store, 100, 75, 100000); },
        [](Store& store) { return insert(store, 200, 10, 100000); },
        [](Store& store) { return insert(store, 300, 3, 20000); },
        [](Store& store) { return store.commit(changes(Remove{id_at(101)}, Remove{id_at(20)})); },
        [](Store& store) { return update(store, 6, 3); },
        [](Store& store) { return insert(store, 400, 2, 5000); },
    };
    return kSteps;
}
constexpr std::size_t kBeforeCheckpoint = 8;

/// All that is stored, apart from when it is due, which a start changes.
std::string snapshot(Store& store) {
    std::string all;
    MessageId from;
    for (;;) {
        const auto page = store.query({}, from);
        if (!page) {
            return "cannot be listed: " + page.error().message();
        }
        if (!page->damaged.empty()) {
            return "damaged rows";
        }
        for (const auto& [envelope, due] : page->messages) {
            const auto stored = store.load(envelope.id);
            if (!stored) {
                return "cannot be loaded: " + stored.error().message();
            }
            all += envelope.id.text() + " " + std::to_string(envelope.recipients[0].attempts) +
                   " " + envelope.signed_by + " " + stored->content.signatures;
            for (int number = 0; number < std::max(stored->content.chunks, 1); ++number) {
                const auto body = store.read_body(envelope.id, number);
                // Of a long one its end will do.
                all += body ? " " + std::to_string(body->size()) +
                                  body->substr(body->size() - std::min(body->size(), kSeen))
                            : " no body";
            }
            all += "\n";
        }
        if (!page->next) {
            break;
        }
        from = *page->next;
    }
    const auto facts = store.recall("t");
    return all + (facts ? std::to_string(facts->size()) : "no facts") + " facts\n";
}

class SqliteEachFault : public testing::Test {
protected:
    void SetUp() override {
        FaultyVfs::install();
        FaultyVfs::reset();
        FaultyVfs::no_syncs = true;
    }
    void TearDown() override { FaultyVfs::reset(); }

    enum class Kind { Write, Sync };
    struct Fault {
        std::size_t from;  // the step that the count begins with
        Kind kind;
        int number;
        int error;
        bool lasting;

        [[nodiscard]] std::string text() const {
            return std::string(error == EIO ? "EIO" : "ENOSPC") + (lasting ? ", lasting," : "") +
                   " at " + (kind == Kind::Write ? "write " : "sync ") + std::to_string(number) +
                   " from step " + std::to_string(from);
        }
    };

    static void arm(const Fault& fault) {
        FaultyVfs::error = fault.error;
        FaultyVfs::lasting = fault.lasting;
        (fault.kind == Kind::Write ? FaultyVfs::good_writes_left : FaultyVfs::good_syncs_left) =
            fault.number;
    }
    static void heal() {
        FaultyVfs::reset();
        FaultyVfs::no_syncs = true;
    }

    /// What a healthy disk holds after so many steps.
    static const std::vector<std::string>& expected() {
        static const std::vector<std::string> kExpected = [] {
            const TempFolder folder;
            std::vector<std::string> all;
            auto store = SqliteStore::open(folder.path(), at(0));
            EXPECT_TRUE(store);
            all.push_back(snapshot(**store));
            for (const Step& step : workload()) {
                const auto done = step(**store);
                EXPECT_TRUE(done) << done.error().message();
                all.push_back(snapshot(**store));
                EXPECT_NE(all.back(), all[all.size() - 2]);
            }
            return all;
        }();
        return kExpected;
    }

    static std::string state(Store& store) {
        const std::string found = snapshot(store);
        const auto& all = expected();
        const auto known = std::find(all.begin(), all.end(), found);
        return known == all.end() ? "something else: " + found.substr(0, 2000)
                                  : "step " + std::to_string(known - all.begin());
    }
    static std::string step(std::size_t number) { return "step " + std::to_string(number); }

    static void expect_reopened(const TempFolder& folder, const std::set<std::string>& allowed) {
        auto opened = SqliteStore::open(folder.path(), at(0));
        ASSERT_TRUE(opened) << opened.error().message();
        EXPECT_TRUE(allowed.contains(state(**opened))) << state(**opened);
        EXPECT_EQ((*opened)->latched(), "");
        EXPECT_TRUE(insert(**opened, 5000, 1, 1000));
    }

    static void expect_latched(Store& store) {
        EXPECT_NE(store.latched(), "");
        EXPECT_EQ(insert(store, 6000, 1, 1000).error().code, errc::StoreLatched);
        EXPECT_EQ(store.claim_due(at(0), 1).error().code, errc::StoreLatched);
        EXPECT_EQ(store.load(id_at(1)).error().code, errc::StoreLatched);
        EXPECT_EQ(store.tidy(at(0)).error().code, errc::StoreLatched);
    }

    /// Returns whether the fault was met.
    static bool run(const Fault& fault) {
        SCOPED_TRACE(fault.text());
        const TempFolder folder;
        auto opened = SqliteStore::open(folder.path(), at(0));
        EXPECT_TRUE(opened);
        Store& store = **opened;
        // A fault of the first steps needs no checkpoint behind it.
        const std::span steps(workload().data(),
                              fault.from == 0 ? kBeforeCheckpoint : workload().size());
        bool met = false;
        for (std::size_t i = 0; i < steps.size(); ++i) {
            if (i == fault.from) {
                arm(fault);
            }
            const auto done = steps[i](store);
            if (done && store.latched().empty()) {
                continue;
            }
            EXPECT_GE(FaultyVfs::faults, 1);
            met = true;
            const bool full = !done && done.error().code == errc::StoreFull;
            if (full) {
                // Nothing of it is stored; with room it is, and all that follows.
                EXPECT_EQ(fault.error, ENOSPC);
                EXPECT_EQ(fault.kind, Kind::Write);
                EXPECT_EQ(store.latched(), "");
                EXPECT_EQ(state(store), step(i));
                heal();
                const auto again = steps[i](store);
                EXPECT_TRUE(again) << again.error().message();
                continue;
            }
            // NB: a sync that fails for want of room latches too: what the kernel dropped then,
            // nobody knows.
            if (!done) {
                EXPECT_EQ(done.error().code, errc::StoreLatched) << done.error().message();
            }
            EXPECT_TRUE(fault.error == EIO || fault.kind == Kind::Sync);
            heal();
            expect_latched(store);
            opened->reset();
            // Where the commit itself failed, it may be there all the same, whole.
            expect_reopened(folder, done ? std::set{step(i + 1)} : std::set{step(i), step(i + 1)});
            return true;
        }
        met = met || FaultyVfs::faults > 0;  // a checkpoint may do without room
        heal();
        EXPECT_EQ(store.latched(), "");
        EXPECT_EQ(state(store), step(steps.size()));
        opened->reset();
        expect_reopened(folder, {step(steps.size())});
        return met;
    }

    static void run_all(Kind kind, int error, bool lasting) {
        int met = 0;
        for (const std::size_t from : {std::size_t{0}, kBeforeCheckpoint}) {
            for (int number = 0; number < kFaults; ++number) {
                if (!run({from, kind, number, error, lasting})) {
                    break;  // the workload has no more of them
                }
                ++met;
            }
        }
        EXPECT_GE(met, kind == Kind::Write ? 2 * kFaults : 15);
    }

    static void open_with(Kind kind, int error) {
        for (int number = 0; number < kFaults; ++number) {
            const Fault fault{0, kind, number, error, false};
            SCOPED_TRACE("opening: " + fault.text());
            const TempFolder folder;
            arm(fault);
            auto opened = SqliteStore::open(folder.path(), at(0));
            const bool met = FaultyVfs::faults > 0;
            heal();
            EXPECT_NE(opened.has_value(), met);
            if (opened) {
                EXPECT_TRUE((*opened)->latched().empty());
                EXPECT_EQ(state(**opened), step(0));
            } else {
                EXPECT_TRUE(opened.error().code == errc::StoreUnwritable ||
                            opened.error().code == errc::StoreFull)
                    << opened.error().message();
            }
            if (opened) {
                opened->reset();
            }
            expect_reopened(folder, {step(0)});
            if (!met) {
                EXPECT_GT(number, 3);
                return;
            }
        }
    }
};

TEST_F(SqliteEachFault, LatchesAtEachWriteThatFails) {
    run_all(Kind::Write, EIO, false);
}

TEST_F(SqliteEachFault, LatchesAtEachSyncThatFails) {
    run_all(Kind::Sync, EIO, false);
}

TEST_F(SqliteEachFault, RefusesTheCommitAtEachWriteWithoutRoom) {
    run_all(Kind::Write, ENOSPC, false);
}

TEST_F(SqliteEachFault, RefusesCommitsAsLongAsThereIsNoRoom) {
    run_all(Kind::Write, ENOSPC, true);
}

TEST_F(SqliteEachFault, LatchesAtEachSyncWithoutRoom) {
    run_all(Kind::Sync, ENOSPC, false);
}

TEST_F(SqliteEachFault, OpensOrSaysWhyAtEachFaultOfTheFirstStart) {
    for (const Kind kind : {Kind::Write, Kind::Sync}) {
        for (const int error : {EIO, ENOSPC}) {
            open_with(kind, error);
        }
    }
}

}  // namespace
}  // namespace queue
