// sync_time: what one durable append costs on this disk: the median of fdatasync after a write of
// --size octets.
#include <algorithm>
#include <cstdio>
#include <fcntl.h>
#include <string>
#include <unistd.h>
#include <vector>

#include "tests/load/options.h"

int main(int argc, char** argv) {
    const load::Options options(argc, argv, {{"folder", "."}, {"size", "65536"}, {"times", "200"}});
    const std::string name = options.text("folder") + "/sync_time." + std::to_string(getpid());
    const std::string block(options.number("size", 16U * 1024 * 1024), 'x');
    const int fd = open(name.c_str(), O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC, 0600);
    if (fd < 0) {
        load::fail(name);
    }
    unlink(name.c_str());
    std::vector<double> seconds;
    for (std::uint64_t n = options.number("times", 100000); n > 0; --n) {
        const double begin = load::now();
        if (write(fd, block.data(), block.size()) != static_cast<ssize_t>(block.size()) ||
            fdatasync(fd) != 0) {
            load::fail("fdatasync");
        }
        seconds.push_back(load::now() - begin);
    }
    close(fd);
    std::sort(seconds.begin(), seconds.end());
    std::printf("{\"sync_us\": %.1f, \"sync_us_p99\": %.1f}\n",
                load::percentile(seconds, 0.5) * 1e6,
                load::percentile(seconds, 0.99) * 1e6);
    return 0;
}
