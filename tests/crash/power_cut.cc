// Cuts the power of a relay at every moment that matters: runs a workload over a recorded disk, and
// looks at what the disk may hold after each cut.
//
//   power_cut [--images N] [--seed S] [--rounds R]   checks N images; a round is a new workload
//   power_cut --mutants                              checks that broken relays are caught
//
// POWER_CUT_KEEP=folder keeps images in which something is wrong.
#include <algorithm>
#include <array>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <filesystem>
#include <random>
#include <string>
#include <string_view>
#include <sys/statvfs.h>
#include <vector>

#include "conf/config.h"
#include "queue/sqlite_store.h"
#include "relay/clock.h"
#include "relay/log.h"
#include "tests/crash/disk_image.h"
#include "tests/crash/image_check.h"
#include "tests/crash/journal.h"
#include "tests/crash/older_store.h"
#include "tests/crash/workload.h"
#include "tests/support/temporary_folder.h"

namespace crash {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kBetween = 400;   // moments between the syncs
constexpr std::size_t kSecondCuts = 6;  // one start in so many is cut as well
constexpr int kToldCuts = 5;            // whose faults are printed

enum class Origin : std::uint8_t { Nothing, OlderStore };

struct Plan {
    std::uint64_t seed = 1;
    Origin origin = Origin::Nothing;
    Mutant mutant = Mutant::None;
    std::string symptom = {};  // of the mutant
    Workload::Size size;
    std::size_t images = 300;
};

struct Count {
    std::size_t images = 0;
    std::size_t second = 0;  // of these, of a start after a cut
    std::size_t wrong = 0;
    std::size_t symptoms = 0;  // images that show what the mutant does
    std::size_t promised = 0;  // messages that were given a 250, over all workloads
    std::size_t reports = 0;
    std::size_t operations = 0;
    std::size_t syncs = 0;
    std::size_t journals = 0;  // begun: after a start, and after a checkpoint
};

void empty(const std::string& folder) {
    fs::remove_all(folder);
    fs::create_directory(folder);
}

const char* name(Disk::Fate fate) {
    switch (fate) {
        case Disk::Fate::Lost:
            return "lost";
        case Disk::Fate::Kept:
            return "kept";
        case Disk::Fate::InOrder:
            return "in order";
        case Disk::Fate::Chance:
            return "by chance";
    }
    return "";
}

Disk::Fate some_fate(Random& random) {
    const auto roll = std::uniform_int_distribution<int>(0, 9)(random);
    return roll < 2   ? Disk::Fate::Lost
           : roll < 3 ? Disk::Fate::Kept
           : roll < 6 ? Disk::Fate::InOrder
                      : Disk::Fate::Chance;
}

class Round {
public:
    Round(const Plan& plan, Count& count) : plan_(plan), count_(count), random_(plan.seed) {}

    void run() {
        fs::create_directory(data());
        Recording recording(
            data(),
            plan_.mutant == Mutant::NoSync ? Recording::Disk::Lying : Recording::Disk::Honest);
        Journal journal(recording);
        if (plan_.origin == Origin::OlderStore) {
            make_older_store(data(), journal);
        }
        const auto setup = make_setup(folder_.path());
        Workload(setup, data(), journal, plan_.seed, plan_.mutant, plan_.size).run();
        for (const auto& complaint : journal.complaints()) {
            tell(0, Disk::Fate::Kept, "while it ran", {complaint});
        }
        tally(recording, journal);
        cut(recording, journal);
    }

private:
    std::string data() const { return folder_.file("data"); }

    void tally(const Recording& recording, const Journal& journal) {
        for (const auto& [number, message] : journal.messages()) {
            const bool told = message.accepted.told != kNever;
            count_.promised += told && message.original == 0 ? 1 : 0;
            count_.reports += told && message.original != 0 ? 1 : 0;
        }
        constexpr std::size_t kJournalHeader = 32;
        for (const Operation& operation : recording.operations()) {
            ++count_.operations;
            count_.syncs += operation.is_sync() ? 1 : 0;
            count_.journals += operation.kind == Operation::Kind::Write && operation.at == 0 &&
                                       operation.octets.size() == kJournalHeader
                                   ? 1
                                   : 0;
        }
    }

    void cut(const Recording& recording, const Journal& journal) {
        auto moments = Disk::moments(recording, kBetween, random_);
        std::vector<Position> chosen;
        std::sample(moments.begin(),
                    moments.end(),
                    std::back_inserter(chosen),
                    static_cast<std::ptrdiff_t>(plan_.images),
                    random_);
        // More images than moments: some are looked at with several fates.
        std::size_t again = chosen.empty() ? 0 : plan_.images / chosen.size();
        Disk disk(recording);
        const std::size_t end = count_.images + plan_.images;
        for (const Position moment : chosen) {
            disk.advance(moment);
            for (std::size_t i = 0; i < std::max<std::size_t>(again, 1) && count_.images < end;
                 ++i) {
                image(disk, journal);
            }
        }
    }

    void image(const Disk& disk, const Journal& journal) {
        const std::string folder = folder_.file("image");
        empty(folder);
        const auto fate = some_fate(random_);
        disk.cut(folder, fate, random_);
        ++count_.images;
        if (plan_.mutant == Mutant::None && count_.images % kSecondCuts == 0) {
            cut_the_start(folder, journal, disk.position());
            return;
        }
        keep(folder);
        judge(folder, journal, disk.position(), fate, "cut");
    }

    /// Power fails again while the relay starts after a cut.
    void cut_the_start(const std::string& folder, const Journal& journal, Position cut) {
        Recording recording(folder);
        {
            const auto store = queue::SqliteStore::open(folder, relay::wall_clock());
            if (!store) {
                tell(cut, Disk::Fate::Kept, "start", {"does not open: " + store.error().message()});
                return;
            }
        }
        Disk disk(recording);
        const auto moments = Disk::moments(recording, 2, random_);
        std::vector<Position> chosen;
        std::sample(moments.begin(), moments.end(), std::back_inserter(chosen), 2, random_);
        for (const Position moment : chosen) {
            const std::string second = folder_.file("second");
            empty(second);
            const auto fate = some_fate(random_);
            disk.advance(moment);
            disk.cut(second, fate, random_);
            ++count_.images;
            ++count_.second;
            keep(second);
            judge(second, journal, cut, fate, "second cut");
        }
    }

    void judge(const std::string& folder,
               const Journal& journal,
               Position cut,
               Disk::Fate fate,
               const char* what) {
        const auto wrong = wrong_in(folder, journal, cut);
        if (!wrong.empty()) {
            tell(cut, fate, what, wrong);
        }
    }

    void tell(Position cut,
              Disk::Fate fate,
              const char* what,
              const std::vector<std::string>& wrong) {
        ++count_.wrong;
        if (plan_.mutant != Mutant::None) {
            count_.symptoms += std::any_of(wrong.begin(),
                                           wrong.end(),
                                           [this](const std::string& one) {
                                               return one.find(plan_.symptom) != std::string::npos;
                                           })
                                   ? 1
                                   : 0;
            return;
        }
        if (count_.wrong <= kToldCuts) {
            std::printf("seed %llu, %s at operation %zu, what was not synced %s:\n",
                        static_cast<unsigned long long>(plan_.seed),
                        what,
                        cut,
                        name(fate));
            for (const auto& one : wrong) {
                std::printf("    %s\n", one.c_str());
            }
        }
        if (const char* kept = std::getenv("POWER_CUT_KEEP"); kept != nullptr) {
            std::error_code ignored;
            fs::copy(
                folder_.file("before"),
                std::string(kept) + "/" + std::to_string(plan_.seed) + "-" + std::to_string(cut),
                fs::copy_options::recursive,
                ignored);
        }
    }

    void keep(const std::string& image) {
        if (std::getenv("POWER_CUT_KEEP") != nullptr) {
            fs::remove_all(folder_.file("before"));
            fs::copy(image, folder_.file("before"));
        }
    }

    Plan plan_;
    Count& count_;
    Random random_;
    support::TemporaryFolder folder_;
};

void print(const char* what, const Count& count) {
    std::printf(
        "%s: %zu images (%zu of a start that was cut), %zu wrong; workloads: %zu messages with a "
        "250, %zu reports, %zu operations of the disk, %zu of them syncs, %zu journals begun\n",
        what,
        count.images,
        count.second,
        count.wrong,
        count.promised,
        count.reports,
        count.operations,
        count.syncs,
        count.journals);
    std::fflush(stdout);
}

int check_relay(std::uint64_t seed, std::size_t images, std::size_t rounds) {
    Count count;
    for (std::size_t i = 0; i < rounds; ++i) {
        Plan plan;
        plan.seed = seed + i;
        plan.origin = i % 2 == 0 ? Origin::Nothing : Origin::OlderStore;
        plan.images = images / rounds;
        Round(plan, count).run();
    }
    print("power cuts", count);
    return count.wrong == 0 && count.promised > 0 && count.reports > 0 ? 0 : 1;
}

struct Broken {
    Mutant mutant;
    const char* what;
    const char* symptom;
    std::size_t images;
};
constexpr std::array kBroken = {
    Broken{Mutant::None, "the relay as it is", "", 150},
    Broken{Mutant::NoSync, "synchronous=OFF", "is lost", 150},
    Broken{Mutant::EarlyReply, "250 before the commit", "is lost", 150},
    Broken{Mutant::SplitCommit, "a report in two commits", "a report is there, and it", 400},
};

int check_mutants() {
    bool right = true;
    for (const Broken& broken : kBroken) {
        Plan plan;
        plan.mutant = broken.mutant;
        plan.symptom = broken.symptom;
        plan.size = {1, 4, 12, 0};
        plan.images = broken.images;
        Count count;
        Round(plan, count).run();
        print(broken.what, count);
        const bool own = broken.mutant == Mutant::None ? count.wrong == 0 : count.symptoms > 0;
        std::printf("    %s\n",
                    !own                            ? "NOT AS IT SHOULD BE"
                    : broken.mutant == Mutant::None ? "nothing is wrong"
                                                    : "caught");
        right = right && own;
    }
    return right ? 0 : 1;
}

/// Syncs cost nothing in memory, and it is the recording that remembers what would be lost.
void prefer_memory() {
    struct statvfs state {};
    constexpr std::uint64_t kEnough = std::uint64_t{512} * 1024 * 1024;
    if (std::getenv("TMPDIR") == nullptr && ::statvfs("/dev/shm", &state) == 0 &&
        std::uint64_t{state.f_bavail} * state.f_frsize > kEnough) {
        ::setenv("TMPDIR", "/dev/shm", 0);
    }
}

int run(const std::vector<std::string_view>& arguments) {
    conf::Log quiet;
    quiet.level = conf::LogLevel::Error;
    relay::log::configure(quiet);
    prefer_memory();
    Recording::install();
    std::size_t images = 400;
    std::size_t rounds = 2;
    std::optional<std::uint64_t> seed;
    for (std::size_t i = 0; i < arguments.size(); ++i) {
        if (arguments[i] == "--mutants") {
            return check_mutants();
        }
        if (i + 1 == arguments.size()) {
            std::fprintf(stderr, "power_cut: what is %s?\n", std::string(arguments[i]).c_str());
            return 2;
        }
        const auto number = std::strtoull(std::string(arguments[i + 1]).c_str(), nullptr, 10);
        if (arguments[i] == "--images") {
            images = number;
        } else if (arguments[i] == "--rounds") {
            rounds = std::max<std::size_t>(number, 1);
        } else if (arguments[i] == "--seed") {
            seed = number;
        } else {
            std::fprintf(stderr, "power_cut: what is %s?\n", std::string(arguments[i]).c_str());
            return 2;
        }
        ++i;
    }
    if (seed) {
        return check_relay(*seed, images, rounds);
    }
    // The same every time, and another one each time.
    const std::uint64_t another = std::random_device{}() % 1000000 + 1000;
    std::printf("seeds 1 and %llu\n", static_cast<unsigned long long>(another));
    const int fixed = check_relay(1, images / 2, rounds);
    return std::max(fixed, check_relay(another, images - images / 2, rounds));
}

}  // namespace
}  // namespace crash

int main(int count, char** arguments) {
    try {
        return crash::run({arguments + 1, arguments + count});
    } catch (const std::exception& error) {
        std::fprintf(stderr, "power_cut: %s\n", error.what());
        return 2;
    }
}
