#include "relay/check/kept_lives.h"

#include <gtest/gtest.h>

#include "queue/sqlite_store.h"
#include "relay/clock.h"
#include "tests/support/temporary_folder.h"

namespace relay::check {
namespace {

using dkim::DomainLives;
using dkim::Life;
using dkim::Sight;

conf::DomainName name(const char* text) {
    return conf::DomainName::parse(text).value();
}

Life life(const char* key, Sight sight = Sight::Ours) {
    Life made;
    made.key = key;
    made.sight = sight;
    made.seen = "seen";
    made.since = conf::Instant(std::chrono::hours(1));
    made.proven_from = conf::Instant(std::chrono::hours(2));
    return made;
}

class KeptLivesTest : public testing::Test {
protected:
    KeptLivesTest() { open(); }
    void open() {
        store_.reset();
        store_ = queue::SqliteStore::open(folder_.file("data"), wall_clock()).value();
    }
    void commit(const std::vector<queue::Change>& changes) { ASSERT_TRUE(store_->commit(changes)); }
    KeptLives recall() { return recall_lives(*store_).value(); }

    support::TemporaryFolder folder_;
    std::unique_ptr<queue::Store> store_;
};

TEST_F(KeptLivesTest, AreNoneInANewStore) {
    EXPECT_TRUE(recall().lives.all().empty());
    EXPECT_TRUE(recall().damaged.empty());
}

TEST_F(KeptLivesTest, OutliveARestart) {
    const DomainLives one{{"2026a", life("rsa:1")}, {"a.b", life("rsa:2", Sight::Revoked)}};
    const DomainLives other{{"2026a", life("ed25519:3", Sight::Absent)}};
    commit(changes_of(name("example.com"), {}, one));
    commit(changes_of(name("www.example.com"), {}, other));
    open();
    const auto kept = recall();
    EXPECT_EQ(kept.lives.of(name("example.com")), one);
    EXPECT_EQ(kept.lives.of(name("www.example.com")), other);
    EXPECT_EQ(kept.lives.all().size(), 2U);
    EXPECT_TRUE(kept.damaged.empty());
}

TEST_F(KeptLivesTest, WriteOnlyWhatChanged) {
    const auto domain = name("example.com");
    const DomainLives before{{"a", life("1")}, {"b", life("2")}, {"c", life("3")}};
    EXPECT_TRUE(changes_of(domain, before, before).empty());
    auto after = before;
    after["a"].sight = Sight::Absent;
    after.erase("b");
    after["d"] = life("4");
    const auto changes = changes_of(domain, before, after);
    EXPECT_EQ(changes.size(), 3U);
    commit(changes_of(domain, {}, before));
    commit(changes);
    EXPECT_EQ(recall().lives.of(domain), after);
    commit(changes_of(domain, after, {}));
    EXPECT_TRUE(recall().lives.all().empty());
}

TEST_F(KeptLivesTest, LeaveOutWhatIsDamagedAndNameIt) {
    commit(changes_of(name("example.com"), {}, {{"good", life("1")}}));
    commit({queue::Remember{"selector", "example.com/bad", "v=1; nonsense", std::nullopt},
            queue::Remember{"selector", "example.com", life("2").text(), std::nullopt},
            queue::Remember{"selector", "..//s", life("3").text(), std::nullopt},
            queue::Remember{"selector", "", "", std::nullopt},
            queue::Remember{"other", "example.org/s", life("4").text(), std::nullopt}});
    const auto kept = recall();
    EXPECT_EQ(kept.lives.all().size(), 1U);
    EXPECT_EQ(kept.lives.of(name("example.com")).size(), 1U);
    ASSERT_EQ(kept.damaged.size(), 4U);
    bool named = false;
    for (const auto& damaged : kept.damaged) {
        named = named || damaged.rfind("example.com/bad: ", 0) == 0;
    }
    EXPECT_TRUE(named);
}

}  // namespace
}  // namespace relay::check
