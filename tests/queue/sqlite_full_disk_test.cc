// A file system without room, a real one: a small tmpfs in a mount namespace of a child process.
#include <sched.h>
#include <sys/mount.h>
#include <sys/wait.h>
#include <unistd.h>

#include <gtest/gtest.h>

#include "queue/errors.h"
#include "queue/sqlite_store.h"
#include "tests/queue/store_samples.h"

namespace queue {
namespace {

/// Runs `check` in a child with `folder` on a tmpfs of `size`; it returns what went wrong, or
/// nothing.
std::string on_small_disk(const std::string& folder,
                          const char* size,
                          std::string (*check)(const std::string&)) {
    int answer[2];
    if (::pipe(answer) != 0) {
        return "no pipe";
    }
    const pid_t child = ::fork();
    if (child == 0) {
        std::string wrong;
        if (::unshare(CLONE_NEWNS) != 0 ||
            ::mount("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0 ||
            ::mount("none", folder.c_str(), "tmpfs", 0, (std::string("size=") + size).c_str()) !=
                0) {
            wrong = "cannot mount a tmpfs in a namespace";
        } else {
            wrong = check(folder);
        }
        (void)!::write(answer[1], wrong.data(), wrong.size());
        ::_exit(0);
    }
    ::close(answer[1]);
    std::string wrong;
    char buffer[512];
    for (ssize_t n = 0; (n = ::read(answer[0], buffer, sizeof buffer)) > 0;) {
        wrong.append(buffer, static_cast<std::size_t>(n));
    }
    ::close(answer[0]);
    int status = 0;
    ::waitpid(child, &status, 0);
    return WIFEXITED(status) ? wrong : "the child died";
}

std::string fill_and_make_room(const std::string& folder) {
    auto opened = SqliteStore::open(folder + "/data", at(0));
    if (!opened) {
        return opened.error().message();
    }
    Store& store = **opened;
    int stored = 0;
    std::string failure;
    std::uint64_t least_free = UINT64_MAX;
    while (stored < 1000 && failure.empty()) {
        const auto done = store.commit(
            changes(Insert{make_message({.ms = stored + 1, .body = 50000}), std::nullopt}));
        if (done) {
            ++stored;
            least_free = std::min(least_free, *store.free_octets());
        } else if (done.error().code == errc::StoreFull) {
            failure = done.error().message();
        } else {
            return "another error: " + done.error().message();
        }
    }
    if (failure.empty() || stored < 20) {
        return "it was never full, or at once: " + std::to_string(stored);
    }
    if (least_free > 1'500'000) {
        return "free_octets() did not see it coming: " + std::to_string(least_free);
    }
    if (!store.latched().empty()) {
        return "latched: " + store.latched();
    }
    if (store.load(id_at(stored + 1)).has_value() ||
        store.totals()->active != static_cast<std::uint64_t>(stored)) {
        return "something of the refused commit is stored";
    }
    // Everything else still works, and room that comes back is used.
    for (int ms = 1; ms <= stored; ++ms) {
        if (!store.load(id_at(ms))) {
            return "lost " + std::to_string(ms);
        }
    }
    ::unlink((folder + "/ballast").c_str());
    for (int ms = 1; ms <= 5; ++ms) {
        if (const auto removed = store.commit(changes(Remove{id_at(ms)})); !removed) {
            return "cannot remove: " + removed.error().message();
        }
    }
    if (const auto done =
            store.commit(changes(Insert{make_message({.ms = 5000, .body = 50000}), std::nullopt}));
        !done) {
        return "does not resume: " + done.error().message();
    }
    opened->reset();
    const auto again = SqliteStore::open(folder + "/data", at(0));
    if (!again) {
        return "does not open again: " + again.error().message();
    }
    if (!(*again)->load(id_at(5000)) ||
        (*again)->totals()->waiting != static_cast<std::uint64_t>(stored) - 4) {
        return "not what was stored";
    }
    return {};
}

std::string fill_with_ballast(const std::string& folder) {
    // Another program's file, whose removal makes the room: as much as a checkpoint may need to let
    // the database grow.
    FILE* ballast = std::fopen((folder + "/ballast").c_str(), "w");
    const std::string octets(8 * 1024 * 1024, 'x');
    (void)std::fwrite(octets.data(), 1, octets.size(), ballast);
    (void)std::fclose(ballast);
    return fill_and_make_room(folder);
}

std::string open_without_room(const std::string& folder) {
    const auto opened = SqliteStore::open(folder + "/data", at(0));
    if (opened) {
        return "opened";
    }
    return opened.error().code == errc::StoreFull ? ""
                                                  : "another error: " + opened.error().message();
}

/// Another program fills the disk to the last block.
void fill_up(const std::string& folder) {
    FILE* ballast = std::fopen((folder + "/ballast").c_str(), "w");
    const std::string octets(4096, 'x');
    while (std::fwrite(octets.data(), 1, octets.size(), ballast) == octets.size() &&
           std::fflush(ballast) == 0) {
    }
    (void)std::fclose(ballast);
}

constexpr std::uint64_t kMiB = 1024 * 1024;

std::string outcomes_without_room(const std::string& folder) {
    auto opened = SqliteStore::open(folder + "/data", at(0), SqliteStore::kReserve);
    if (!opened) {
        return opened.error().message();
    }
    Store& store = **opened;
    std::vector<std::shared_ptr<const Envelope>> tried;
    for (int ms = 1; ms <= 100; ++ms) {
        const auto message = make_message({.ms = ms, .body = 20000});
        if (!store.commit(changes(Insert{message, std::nullopt}))) {
            return "no room from the beginning";
        }
        auto after = std::make_shared<Envelope>(message->envelope);
        after->recipients[0].attempts = 1;
        tried.push_back(std::move(after));
    }
    fill_up(folder);
    // New mail may not have the reserve.
    const auto refused =
        store.commit(changes(Insert{make_message({.ms = 500, .body = 200000}), std::nullopt}));
    if (refused || refused.error().code != errc::StoreFull) {
        return "new mail was stored on a full disk";
    }
    for (const auto& after : tried) {
        if (const auto stored = store.commit(changes(Update{after, at(1000)})); !stored) {
            return "an outcome is not stored: " + stored.error().message();
        }
    }
    if (const auto claimed = store.claim_due(at(2000), 10); !claimed || claimed->size() != 10) {
        return "nothing can be claimed";
    }
    opened->reset();
    const auto again = SqliteStore::open(folder + "/data", at(0), SqliteStore::kReserve);
    if (!again) {
        return "does not open on a full disk: " + again.error().message();
    }
    for (const auto& after : tried) {
        const auto found = (*again)->load(after->id);
        if (!found || found->envelope.recipients[0].attempts != 1) {
            return "an outcome is lost";
        }
    }
    ::unlink((folder + "/ballast").c_str());
    const std::uint64_t before = *(*again)->free_octets();
    if (const auto tidied = (*again)->tidy(at(0)); !tidied) {
        return tidied.error().message();
    }
    if (*(*again)->free_octets() + SqliteStore::kReserve > before + kMiB) {
        return "the reserve is not taken again";
    }
    return {};
}

class FullDisk : public testing::Test {
protected:
    void SetUp() override {
        if (::geteuid() != 0) {
            GTEST_SKIP() << "only root may mount";
        }
    }
    TempFolder folder;
};

TEST_F(FullDisk, RefusesACommitWholeAndResumesByItself) {
    EXPECT_EQ(on_small_disk(folder.path(), "24m", fill_with_ballast), "");
}

TEST_F(FullDisk, StoresOutcomesFromTheReserve) {
    EXPECT_EQ(on_small_disk(folder.path(), "96m", outcomes_without_room), "");
}

TEST_F(FullDisk, SaysSoWhenThereIsNoRoomToStart) {
    EXPECT_EQ(on_small_disk(folder.path(), "20k", open_without_room), "");
}

}  // namespace
}  // namespace queue
