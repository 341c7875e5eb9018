#include "queue/disk_reserve.h"

#include <sys/stat.h>

#include <gtest/gtest.h>

#include "tests/support/temporary_folder.h"

namespace queue {
namespace {

constexpr std::uint64_t kMiB = 1024 * 1024;

class DiskReserveFile : public testing::Test {
protected:
    [[nodiscard]] std::uint64_t on_disk() const {
        struct stat state {};
        return ::stat(path().c_str(), &state) == 0
                   ? static_cast<std::uint64_t>(state.st_blocks) * 512
                   : 0;
    }
    [[nodiscard]] std::string path() const { return folder_.path() + "/reserve"; }

    support::TemporaryFolder folder_;
};

TEST_F(DiskReserveFile, TakesItsSpaceOnlyWhereTwiceAsMuchIsFree) {
    DiskReserve reserve(path(), kMiB);
    EXPECT_FALSE(reserve.is_full());
    reserve.fill(2 * kMiB - 1);
    EXPECT_EQ(on_disk(), 0U);
    reserve.fill(2 * kMiB);
    EXPECT_TRUE(reserve.is_full());
    EXPECT_GE(on_disk(), kMiB);
}

TEST_F(DiskReserveFile, IsGivenUpOnce) {
    DiskReserve reserve(path(), kMiB);
    EXPECT_FALSE(reserve.release());
    reserve.fill(8 * kMiB);
    EXPECT_TRUE(reserve.release());
    EXPECT_EQ(on_disk(), 0U);
    EXPECT_FALSE(reserve.release());
    reserve.fill(8 * kMiB);
    EXPECT_TRUE(reserve.is_full());
}

TEST_F(DiskReserveFile, IsKeptOverAStopWhileThereIsRoom) {
    DiskReserve(path(), kMiB).fill(8 * kMiB);
    EXPECT_GE(on_disk(), kMiB);
    EXPECT_TRUE(DiskReserve(path(), kMiB).is_full());
}

TEST_F(DiskReserveFile, IsGivenUpAtTheStartWhereThereIsLittleRoom) {
    DiskReserve(path(), kMiB).fill(8 * kMiB);
    EXPECT_FALSE(DiskReserve(path(), std::uint64_t{1} << 62U).is_full());
    EXPECT_EQ(on_disk(), 0U);
}

TEST_F(DiskReserveFile, OfNothingTakesNothingAndGivesUpWhatIsThere) {
    {
        DiskReserve none(path(), 0);
        none.fill(8 * kMiB);
        EXPECT_EQ(on_disk(), 0U);
        EXPECT_FALSE(none.release());
    }
    DiskReserve(path(), kMiB).fill(8 * kMiB);
    DiskReserve none(path(), 0);
    EXPECT_GE(on_disk(), kMiB) << "a command beside a stopped relay leaves it its reserve";
    EXPECT_TRUE(none.release());
    EXPECT_EQ(on_disk(), 0U);
}

TEST(DiskReserve, WithoutAFileIsNone) {
    DiskReserve reserve("/nowhere/at/all", kMiB);
    reserve.fill(8 * kMiB);
    EXPECT_FALSE(reserve.release());
}

}  // namespace
}  // namespace queue
