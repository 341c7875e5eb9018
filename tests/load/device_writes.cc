#include "tests/load/device_writes.h"

#include <cstdio>
#include <fcntl.h>
#include <fstream>
#include <string_view>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "tests/load/options.h"

namespace load {
namespace {

constexpr std::uint64_t kSector = 512;  // of these counts, whatever the device's own is
constexpr int kSectorsWritten = 7;      // the field's place, from 1 on (Documentation/block/stat)

std::string stat_of(const std::string& device) {
    return "/sys/dev/block/" + device + "/stat";
}

std::uint64_t device_octets(const std::string& device) {
    std::ifstream stat(stat_of(device));
    std::uint64_t value = 0;
    for (int field = 0; field < kSectorsWritten; ++field) {
        stat >> value;
    }
    if (!stat) {
        fail(stat_of(device));
    }
    return value * kSector;
}

std::uint64_t process_octets() {
    std::ifstream io("/proc/self/io");
    std::string name;
    std::uint64_t value = 0;
    while (io >> name >> value) {
        if (name == "write_bytes:") {
            return value;
        }
    }
    fail("/proc/self/io");
}

}  // namespace

DeviceWrites::DeviceWrites(const std::string& folder)
    : folder_(open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)) {
    struct stat state {};
    if (folder_ < 0 || fstat(folder_, &state) != 0) {
        fail(folder);
    }
    device_ = std::to_string(major(state.st_dev)) + ":" + std::to_string(minor(state.st_dev));
    if (access(stat_of(device_).c_str(), R_OK) != 0) {
        device_.clear();
    }
}

DeviceWrites::~DeviceWrites() {
    close(folder_);
}

DeviceWrites::Octets DeviceWrites::settled() const {
    if (syncfs(folder_) != 0) {
        fail("syncfs");
    }
    return {device_.empty() ? 0 : device_octets(device_), process_octets()};
}

}  // namespace load
