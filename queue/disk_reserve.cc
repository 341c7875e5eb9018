#include "queue/disk_reserve.h"

#include <fcntl.h>
#include <limits>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

namespace queue {
namespace {

constexpr std::uint64_t kBlock = 512;  // what st_blocks counts

}  // namespace

DiskReserve::DiskReserve(std::string path, std::uint64_t octets) : octets_(octets) {
    const int make = octets_ > 0 ? O_CREAT : 0;
    file_ = ::open(path.c_str(), O_RDWR | make | O_CLOEXEC | O_NOFOLLOW, 0600);
    struct stat state {};
    if (file_ < 0 || ::fstat(file_, &state) != 0) {
        return;
    }
    kept_ = static_cast<std::uint64_t>(state.st_blocks) * kBlock;
    struct statvfs disk {};
    if (kept_ > 0 && ::fstatvfs(file_, &disk) == 0 &&
        static_cast<std::uint64_t>(disk.f_bavail) * disk.f_frsize < octets_ / 2) {
        release();
    }
}

DiskReserve::~DiskReserve() {
    if (file_ >= 0) {
        ::close(file_);
    }
}

void DiskReserve::fill(std::uint64_t free) {
    if (file_ < 0 || is_full() || free / 2 < octets_ ||
        octets_ > static_cast<std::uint64_t>(std::numeric_limits<off_t>::max())) {
        return;
    }
    // NB: a file system that cannot set space aside makes the C library write every block instead;
    // that is as good, and seldom.
    if (::posix_fallocate(file_, 0, static_cast<off_t>(octets_)) == 0) {
        kept_ = octets_;
    } else {
        release();
    }
}

bool DiskReserve::release() {
    if (file_ < 0 || ::ftruncate(file_, 0) != 0) {
        return false;
    }
    const bool had = kept_ > 0;
    kept_ = 0;
    return had;
}

}  // namespace queue
