// sign_time: processor time of one bare signature with a key parsed once, on --threads threads at
// the same time.
//
// Two threads on two cores show what a signature costs while both are busy, as they are while the
// relay works.
#include <algorithm>
#include <cstdio>
#include <ctime>
#include <string>
#include <thread>
#include <time.h>
#include <vector>

#include "dkim/key.h"
#include "tests/load/options.h"

namespace {

double thread_seconds() {
    timespec t{};
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_nsec) / 1e9;
}

}  // namespace

int main(int argc, char** argv) {
    const load::Options options(argc, argv, {{"key", ""}, {"times", "4000"}, {"threads", "1"}});
    const auto key = dkim::PrivateKey::load(options.text("key"), false);
    if (!key) {
        std::fprintf(stderr, "sign_time: cannot use %s\n", options.text("key").c_str());
        return 1;
    }
    const std::uint64_t times = std::max<std::uint64_t>(20, options.number("times"));
    std::vector<double> medians(std::max<std::uint64_t>(1, options.number("threads", 256)));
    std::vector<std::thread> threads;
    for (double& median : medians) {
        threads.emplace_back([&key, &median, times] {
            const std::string header(512, 'h');  // about what a canonical header section is
            std::vector<double> seconds;
            // In groups of ten, since one reading of the clock costs as much as it measures.
            for (std::uint64_t n = 0; n < times / 10; ++n) {
                const double begin = thread_seconds();
                for (int i = 0; i < 10; ++i) {
                    if (!key->sign(header)) {
                        std::fprintf(stderr, "sign_time: signing failed\n");
                        std::exit(1);
                    }
                }
                seconds.push_back((thread_seconds() - begin) / 10);
            }
            std::sort(seconds.begin(), seconds.end());
            median = load::percentile(seconds, 0.5);
        });
    }
    for (auto& thread : threads) {
        thread.join();
    }
    double sum = 0;
    for (const double median : medians) {
        sum += median;
    }
    std::printf("{\"sign_us\": %.1f}\n", sum / static_cast<double>(medians.size()) * 1e6);
    return 0;
}
