// sync_count: a library that is loaded before libc's (LD_PRELOAD) and counts calls that sync a
// file, in shared memory.
//
// Tracing from outside slows every call of the process; this costs one addition. The file that
// SYNC_COUNT names holds the count as a number of 8 octets in the machine's order.
#include <atomic>
#include <cstdint>
#include <cstdlib>
#include <dlfcn.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

namespace {

std::atomic<std::uint64_t>* shared_count() {
    const char* path =
        std::getenv("SYNC_COUNT");  // NOLINT(concurrency-mt-unsafe): before any thread
    const int file = path == nullptr ? -1 : open(path, O_RDWR | O_CLOEXEC);
    if (file < 0) {
        return nullptr;
    }
    void* memory =
        mmap(nullptr, sizeof(std::uint64_t), PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
    close(file);
    return memory == MAP_FAILED ? nullptr : static_cast<std::atomic<std::uint64_t>*>(memory);
}

std::atomic<std::uint64_t>* const kCount = shared_count();

int counted(const char* name, int file) {
    if (kCount != nullptr) {
        ++*kCount;
    }
    const auto real = reinterpret_cast<int (*)(int)>(dlsym(RTLD_NEXT, name));
    return real(file);
}

}  // namespace

extern "C" int fsync(int __fd) {  // NOLINT: the name that unistd.h has
    return counted("fsync", __fd);
}

extern "C" int fdatasync(int __fildes) {  // NOLINT: the name that unistd.h has
    return counted("fdatasync", __fildes);
}
