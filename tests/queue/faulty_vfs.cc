#include "tests/queue/faulty_vfs.h"

#include <cerrno>
#include <new>
#include <sqlite3.h>

namespace queue {
namespace {

sqlite3_vfs* g_system = nullptr;
sqlite3_vfs g_faulty;
sqlite3_io_methods g_methods;

/// The system's file lies right behind it in the memory that SQLite gives.
struct File {
    sqlite3_file base;
    [[nodiscard]] sqlite3_file* real() { return reinterpret_cast<sqlite3_file*>(this + 1); }
};

sqlite3_file* real(sqlite3_file* file) {
    return reinterpret_cast<File*>(file)->real();
}

/// Whether the operation that `left` counts down fails.
bool is_faulty(std::atomic<int>& left) {
    if (left < 0 || left-- > 0) {
        return false;
    }
    left = FaultyVfs::lasting ? 0 : -1;
    ++FaultyVfs::faults;
    errno = FaultyVfs::error;
    return true;
}

int close_file(sqlite3_file* file) {
    return real(file)->pMethods->xClose(real(file));
}
int read_file(sqlite3_file* file, void* to, int size, sqlite3_int64 at) {
    if (FaultyVfs::fail_reads) {
        errno = EIO;
        return SQLITE_IOERR_READ;
    }
    return real(file)->pMethods->xRead(real(file), to, size, at);
}
int write_file(sqlite3_file* file, const void* from, int size, sqlite3_int64 at) {
    if (FaultyVfs::fail_writes) {
        errno = EIO;
        return SQLITE_IOERR_WRITE;
    }
    if (is_faulty(FaultyVfs::good_writes_left)) {
        // As the system's own: no room is a result of its own.
        return FaultyVfs::error == ENOSPC ? SQLITE_FULL : SQLITE_IOERR_WRITE;
    }
    ++FaultyVfs::writes;
    FaultyVfs::written += static_cast<std::uint64_t>(size);
    return real(file)->pMethods->xWrite(real(file), from, size, at);
}
int truncate_file(sqlite3_file* file, sqlite3_int64 size) {
    return real(file)->pMethods->xTruncate(real(file), size);
}
int sync_file(sqlite3_file* file, int flags) {
    if (FaultyVfs::good_syncs > 0) {
        --FaultyVfs::good_syncs;
    } else if (FaultyVfs::good_syncs == 0 || FaultyVfs::fail_syncs) {
        errno = EIO;
        return SQLITE_IOERR_FSYNC;
    }
    if (is_faulty(FaultyVfs::good_syncs_left)) {
        return SQLITE_IOERR_FSYNC;
    }
    ++FaultyVfs::syncs;
    if (FaultyVfs::no_syncs) {
        return SQLITE_OK;
    }
    return real(file)->pMethods->xSync(real(file), flags);
}
int size_of_file(sqlite3_file* file, sqlite3_int64* size) {
    return real(file)->pMethods->xFileSize(real(file), size);
}
int lock_file(sqlite3_file* file, int level) {
    return real(file)->pMethods->xLock(real(file), level);
}
int unlock_file(sqlite3_file* file, int level) {
    return real(file)->pMethods->xUnlock(real(file), level);
}
int check_lock(sqlite3_file* file, int* result) {
    return real(file)->pMethods->xCheckReservedLock(real(file), result);
}
int control_file(sqlite3_file* file, int what, void* argument) {
    return real(file)->pMethods->xFileControl(real(file), what, argument);
}
int sector_size(sqlite3_file* file) {
    return real(file)->pMethods->xSectorSize(real(file));
}
int characteristics(sqlite3_file* file) {
    return real(file)->pMethods->xDeviceCharacteristics(real(file));
}
int shm_map(sqlite3_file* file, int page, int size, int extend, volatile void** to) {
    return real(file)->pMethods->xShmMap(real(file), page, size, extend, to);
}
int shm_lock(sqlite3_file* file, int offset, int count, int flags) {
    return real(file)->pMethods->xShmLock(real(file), offset, count, flags);
}
void shm_barrier(sqlite3_file* file) {
    real(file)->pMethods->xShmBarrier(real(file));
}
int shm_unmap(sqlite3_file* file, int remove) {
    return real(file)->pMethods->xShmUnmap(real(file), remove);
}

int open_file(
    sqlite3_vfs* /*vfs*/, const char* name, sqlite3_file* file, int flags, int* out_flags) {
    auto* own = new (file) File{};
    const int code = g_system->xOpen(g_system, name, own->real(), flags, out_flags);
    if (own->real()->pMethods != nullptr) {
        own->base.pMethods = &g_methods;
    }
    return code;
}

}  // namespace

void FaultyVfs::install() {
    if (g_system != nullptr) {
        return;
    }
    g_system = sqlite3_vfs_find(nullptr);
    g_faulty = *g_system;
    g_faulty.zName = "faulty";
    g_faulty.szOsFile = static_cast<int>(sizeof(File)) + g_system->szOsFile;
    g_faulty.xOpen = open_file;
    g_methods = sqlite3_io_methods{2,
                                   close_file,
                                   read_file,
                                   write_file,
                                   truncate_file,
                                   sync_file,
                                   size_of_file,
                                   lock_file,
                                   unlock_file,
                                   check_lock,
                                   control_file,
                                   sector_size,
                                   characteristics,
                                   shm_map,
                                   shm_lock,
                                   shm_barrier,
                                   shm_unmap,
                                   nullptr,
                                   nullptr};
    sqlite3_vfs_register(&g_faulty, 1);
}

void FaultyVfs::reset() {
    fail_syncs = false;
    good_syncs = -1;
    fail_writes = false;
    fail_reads = false;
    good_writes_left = -1;
    good_syncs_left = -1;
    error = 0;
    lasting = false;
    faults = 0;
    no_syncs = false;
    syncs = 0;
    writes = 0;
    written = 0;
}

}  // namespace queue
