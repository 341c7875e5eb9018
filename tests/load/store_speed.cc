// store_speed: what the committer and the store make of mail that lives for a second, without SMTP.
//
// Messages of --size octets go through the relay's own loops and committer into a store below
// --folder, and out of it a second later; of every hundred ten wait for a second attempt. PASS or
// FAIL: cycles of durable acceptance and durable end a second, as fast as it goes; at --rate a
// second how long a commit is waited for and how much is written to the device; and what one
// message of 25 MiB adds to the longest wait of the others. With --backlog, a data folder that
// holds a queue already (make_backlog), only the amplification is measured, on top of that queue,
// which stays as it is. --only saturated, paced or large leaves the others out. Exits 1 if one
// fails. For release builds and a quiet machine.
#include <algorithm>
#include <array>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <memory>
#include <string>
#include <unistd.h>
#include <vector>

#include "queue/sqlite_store.h"
#include "relay/clock.h"
#include "tests/load/device_writes.h"
#include "tests/load/options.h"
#include "tests/load/sample_mail.h"
#include "tests/load/store_load.h"

namespace {

using load::StoreLoad;

constexpr double kLeastCycles = 10000;
constexpr double kMostWait = 40;  // ms, 99 of 100
constexpr double kMostWritten = 4;
constexpr double kMostWrittenOnBacklog = 5;
constexpr double kMostDelay = 100;  // ms, by a large message
constexpr std::uint64_t kLarge = std::uint64_t{25} * 1024 * 1024;

double median(std::vector<double> values) {
    std::sort(values.begin(), values.end());
    return load::percentile(values, 0.5);
}

/// An empty folder that goes with this object.
class ScratchFolder {
public:
    explicit ScratchFolder(const std::string& parent) : path_(parent + "/store_speed.XXXXXX") {
        if (mkdtemp(path_.data()) == nullptr) {
            load::fail(path_);
        }
    }
    ~ScratchFolder() {
        std::error_code ignored;
        std::filesystem::remove_all(path_, ignored);
    }
    ScratchFolder(const ScratchFolder&) = delete;
    ScratchFolder& operator=(const ScratchFolder&) = delete;
    [[nodiscard]] const std::string& path() const { return path_; }

private:
    std::string path_;
};

/// What sync_time says of the folder, and how busy the machine is.
void show_surroundings(const std::string& folder) {
    std::error_code ec;
    const auto beside = std::filesystem::read_symlink("/proc/self/exe", ec).parent_path();
    const std::string command = (beside / "sync_time").string() + " --folder '" + folder + "'";
    std::array<char, 200> line{};
    if (FILE* output = popen(command.c_str(), "re")) {
        if (std::fgets(line.data(), line.size(), output) != nullptr) {
            std::printf("      sync_time: %s", line.data());
        }
        pclose(output);
    }
    std::array<double, 3> busy{};
    if (getloadavg(busy.data(), 3) == 3) {
        std::printf("      load average: %.2f %.2f\n", busy[0], busy[1]);
    }
    std::fflush(stdout);
}

bool judge(const std::string& what, double value, const char* bound, bool good) {
    std::printf("%s  %s: %.2f (%s)\n", good ? "PASS" : "FAIL", what.c_str(), value, bound);
    std::fflush(stdout);
    return good;
}

class Bench {
public:
    Bench(const load::Options& options, const std::string& folder)
        : rate_(std::max<std::uint64_t>(2, options.number("rate", 1'000'000))),
          senders_(std::max<std::uint64_t>(2, options.number("senders", 100'000))),
          rounds_(std::max<std::uint64_t>(1, options.number("rounds", 1000))),
          counted_(std::chrono::seconds(options.number("seconds", 3600))),
          mail_(options.number("size", 1024 * 1024),
                options.number("domains", 1'000'000),
                "load.example"),
          writes_(folder) {
        const double begin = load::now();
        auto store = queue::SqliteStore::open(folder, relay::wall_clock());
        if (!store) {
            std::fprintf(stderr, "%s\n", store.error().message().c_str());
            std::exit(1);
        }
        store_ = std::move(*store);
        std::printf("      %llu messages in the store, which took %.2f s to open\n",
                    static_cast<unsigned long long>(store_->messages()),
                    load::now() - begin);
        StoreLoad::Habits habits;
        habits.life = std::chrono::milliseconds(options.number("life", 3'600'000));
        habits.deferred = options.number("deferred", 100);
        load_ = std::make_unique<StoreLoad>(*store_, mail_, habits);
    }

    bool saturated() {
        std::vector<double> cycles;
        for (std::uint64_t round = 0; round < rounds_; ++round) {
            StoreLoad::Period period;
            period.senders = senders_;
            period.counted = counted_;
            const auto figures = load_->run(period);
            cycles.push_back(std::min(figures.accept_rate, figures.settle_rate));
            std::printf(
                "      %llu senders: %.0f accepted, %.0f settled a second; %.0f commits a "
                "second, %.2f ms each\n",
                static_cast<unsigned long long>(senders_),
                figures.accept_rate,
                figures.settle_rate,
                figures.commits,
                figures.commit_ms);
        }
        const double value = median(cycles);
        return judge("durable cycles of acceptance and end a second",
                     value,
                     "at least 10,000",
                     value >= kLeastCycles);
    }

    enum class Wait { Judged, Shown };
    bool paced(double most, const char* bound, Wait judged) {
        std::vector<double> waits;
        std::vector<double> written;
        for (std::uint64_t round = 0; round < rounds_; ++round) {
            const auto before = writes_.settled();
            StoreLoad::Period period;
            period.rate = rate_;
            period.counted = counted_;
            const auto figures = load_->run(period);
            const auto octets = writes_.settled() - before;
            const auto payload = static_cast<double>(figures.accepted * mail_.payload());
            const double by_device = static_cast<double>(octets.device) / payload;
            const double by_process = static_cast<double>(octets.process) / payload;
            waits.push_back(load::percentile(figures.accept_ms, 0.99));
            written.push_back(writes_.device().empty() ? by_process : by_device);
            std::printf(
                "      %.0f accepted a second: commit waited for %.2f ms, p99 %.2f, most "
                "%.1f; %.0f commits a second, %.2f ms each; written %.2f (device), %.2f "
                "(process)\n",
                figures.accept_rate,
                load::percentile(figures.accept_ms, 0.5),
                waits.back(),
                load::percentile(figures.accept_ms, 1),
                figures.commits,
                figures.commit_ms,
                by_device,
                by_process);
            std::fflush(stdout);
        }
        const std::string at = " at " + std::to_string(rate_) + " a second";
        const double wait = median(waits);
        const bool quick =
            judged == Wait::Shown ||
            judge("wait for a commit" + at + ", p99 in ms", wait, "under 40", wait < kMostWait);
        const double share = median(written);
        const std::string by = writes_.device().empty()
                                   ? "/proc/self/io"
                                   : "/sys/dev/block/" + writes_.device() + "/stat";
        const bool lean = judge(
            "octets written by those accepted" + at + ", by " + by, share, bound, share <= most);
        return quick && lean;
    }

    /// Rounds with and without take turns, and each pair is compared: the disk's own pauses come to
    /// both.
    bool beside_large() {
        std::vector<double> delays;
        for (std::uint64_t round = 0; round < rounds_; ++round) {
            StoreLoad::Period period;
            period.rate = rate_;
            period.counted = std::chrono::seconds(3);
            std::array<double, 2> most{};
            double large_ms = 0;
            for (const bool large : {round % 2 == 0, round % 2 != 0}) {
                period.large = large ? kLarge : 0;
                const auto figures = load_->run(period);
                most[large ? 1 : 0] = load::percentile(figures.accept_ms, 1);
                large_ms = std::max(large_ms, figures.large_ms);
            }
            delays.push_back(most[1] - most[0]);
            std::printf(
                "      longest wait for a commit %.1f ms, beside a message of 25 MiB, which "
                "took %.0f ms, %.1f ms\n",
                most[0],
                large_ms,
                most[1]);
            std::fflush(stdout);
        }
        const double delay = median(delays);
        return judge("what a message of 25 MiB adds to the longest wait, in ms",
                     delay,
                     "at most 100",
                     delay <= kMostDelay);
    }

    bool on_backlog() { return paced(kMostWrittenOnBacklog, "at most 5", Wait::Shown); }
    bool run(const std::string& only) {
        const bool fast = (!only.empty() && only != "saturated") || saturated();
        const bool even =
            (!only.empty() && only != "paced") || paced(kMostWritten, "at most 4", Wait::Judged);
        const bool fair = (!only.empty() && only != "large") || beside_large();
        return fast && even && fair;
    }

private:
    std::uint64_t rate_, senders_, rounds_;
    std::chrono::seconds counted_;
    load::SampleMail mail_;
    load::DeviceWrites writes_;
    std::unique_ptr<queue::Store> store_;
    std::unique_ptr<StoreLoad> load_;
};

}  // namespace

int main(int argc, char** argv) {
    const load::Options options(argc,
                                argv,
                                {{"folder", "."},
                                 {"backlog", ""},
                                 {"only", ""},
                                 {"seconds", "5"},
                                 {"rounds", "5"},
                                 {"rate", "4000"},
                                 {"senders", "100"},
                                 {"size", "10240"},
                                 {"domains", "100"},
                                 {"life", "1000"},
                                 {"deferred", "10"}});
    const std::string& backlog = options.text("backlog");
    if (!backlog.empty()) {
        show_surroundings(backlog);
        return Bench(options, backlog).on_backlog() ? 0 : 1;
    }
    const ScratchFolder folder(options.text("folder"));
    show_surroundings(folder.path());
    return Bench(options, folder.path()).run(options.text("only")) ? 0 : 1;
}
