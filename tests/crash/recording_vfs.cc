#include "tests/crash/recording_vfs.h"

#include <cassert>
#include <fstream>
#include <iterator>
#include <mutex>
#include <new>
#include <sqlite3.h>
#include <sys/stat.h>
#include <utility>

namespace crash {

struct Recording::Log {
    mutable std::mutex mutex;
    Disk disk = Disk::Honest;
    std::vector<Operation> operations;
    std::map<FileNumber, std::pair<std::string, std::string>> found;
    std::map<std::string, FileNumber> names;
    FileNumber next = 0;

    void add(Operation operation) {
        const std::lock_guard lock(mutex);
        if (operation.is_sync() && disk == Disk::Lying) {
            return;
        }
        operations.push_back(std::move(operation));
    }
};

namespace {

using Kind = Operation::Kind;

sqlite3_vfs* g_system = nullptr;
sqlite3_vfs g_recording;
sqlite3_io_methods g_methods;
int (*g_open_folder)(const char*, int*) = nullptr;

std::mutex g_mutex;
std::map<std::string, std::shared_ptr<Recording::Log>> g_logs;  // by folder

// The system's VFS opens a folder for one reason: to sync it. Set while a call of ours runs.
thread_local bool g_folder_opened = false;

int open_folder(const char* path, int* descriptor) {
    g_folder_opened = true;
    return g_open_folder(path, descriptor);
}

/// The system's file lies right behind it in the memory that SQLite gives.
struct File {
    sqlite3_file base;
    FileNumber number;
    std::shared_ptr<Recording::Log>* log;  // null: of a folder that nobody records
    [[nodiscard]] sqlite3_file* real() { return reinterpret_cast<sqlite3_file*>(this + 1); }
};

File* own(sqlite3_file* file) {
    return reinterpret_cast<File*>(file);
}
sqlite3_file* real(sqlite3_file* file) {
    return own(file)->real();
}

void note(sqlite3_file* file, Kind kind, std::uint64_t at = 0, std::string octets = {}) {
    if (own(file)->log != nullptr) {
        (*own(file)->log)->add({kind, own(file)->number, {}, at, std::move(octets)});
    }
}

std::pair<std::string, std::string> folder_and_name(const char* path) {
    const std::string text(path);
    const auto slash = text.rfind('/');
    return slash == std::string::npos ? std::pair(std::string("."), text)
                                      : std::pair(text.substr(0, slash), text.substr(slash + 1));
}

std::shared_ptr<Recording::Log> log_of(const std::string& folder) {
    const std::lock_guard lock(g_mutex);
    const auto found = g_logs.find(folder);
    return found == g_logs.end() ? nullptr : found->second;
}

int close_file(sqlite3_file* file) {
    delete own(file)->log;
    own(file)->log = nullptr;
    return real(file)->pMethods->xClose(real(file));
}
int read_file(sqlite3_file* file, void* to, int size, sqlite3_int64 at) {
    return real(file)->pMethods->xRead(real(file), to, size, at);
}
int write_file(sqlite3_file* file, const void* from, int size, sqlite3_int64 at) {
    const int code = real(file)->pMethods->xWrite(real(file), from, size, at);
    note(file,
         Kind::Write,
         static_cast<std::uint64_t>(at),
         std::string(static_cast<const char*>(from), static_cast<std::size_t>(size)));
    return code;
}
int truncate_file(sqlite3_file* file, sqlite3_int64 size) {
    const int code = real(file)->pMethods->xTruncate(real(file), size);
    note(file, Kind::Truncate, static_cast<std::uint64_t>(size));
    return code;
}
int sync_file(sqlite3_file* file, int flags) {
    g_folder_opened = false;
    const int code = real(file)->pMethods->xSync(real(file), flags);
    if (code == SQLITE_OK) {
        note(file, Kind::Sync);
        if (g_folder_opened) {
            note(file, Kind::SyncFolder);
        }
    }
    return code;
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

/// The number of the file `name`, which was there before SQLite opened it or was made by that.
FileNumber number_of(Recording::Log& log,
                     const std::string& path,
                     const std::string& name,
                     bool existed) {
    const std::lock_guard lock(log.mutex);
    if (const auto known = log.names.find(name); known != log.names.end() && existed) {
        return known->second;
    }
    const FileNumber number = log.next++;
    log.names[name] = number;
    if (existed) {
        std::ifstream in(path, std::ios::binary);
        log.found[number] = {
            name,
            std::string(std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>())};
    } else {
        log.operations.push_back({Kind::Create, number, name, 0, {}});
    }
    return number;
}

int open_file(
    sqlite3_vfs* /*vfs*/, const char* path, sqlite3_file* file, int flags, int* out_flags) {
    auto* opened = new (file) File{};
    struct stat state {};
    const bool existed = path != nullptr && ::stat(path, &state) == 0;
    const int code = g_system->xOpen(g_system, path, opened->real(), flags, out_flags);
    if (opened->real()->pMethods != nullptr) {
        opened->base.pMethods = &g_methods;
    }
    if (code == SQLITE_OK && path != nullptr) {
        const auto [folder, name] = folder_and_name(path);
        if (auto log = log_of(folder)) {
            opened->number = number_of(*log, path, name, existed);
            opened->log = new std::shared_ptr<Recording::Log>(std::move(log));
        }
    }
    return code;
}

int delete_file(sqlite3_vfs* /*vfs*/, const char* path, int sync_folder) {
    g_folder_opened = false;
    const int code = g_system->xDelete(g_system, path, sync_folder);
    const auto [folder, name] = folder_and_name(path);
    const auto log = log_of(folder);
    if (code != SQLITE_OK || !log) {
        return code;
    }
    {
        const std::lock_guard lock(log->mutex);
        const auto known = log->names.find(name);
        if (known != log->names.end()) {
            log->operations.push_back({Kind::Delete, known->second, name, 0, {}});
            log->names.erase(known);
        }
    }
    if (g_folder_opened) {
        log->add({Kind::SyncFolder, 0, {}, 0, {}});
    }
    return code;
}

}  // namespace

void Recording::install() {
    if (g_system != nullptr) {
        return;
    }
    g_system = sqlite3_vfs_find("unix");
    assert(g_system != nullptr);
    g_open_folder = reinterpret_cast<int (*)(const char*, int*)>(
        g_system->xGetSystemCall(g_system, "openDirectory"));
    g_system->xSetSystemCall(
        g_system, "openDirectory", reinterpret_cast<sqlite3_syscall_ptr>(&open_folder));
    g_recording = *g_system;
    g_recording.zName = "recording";
    g_recording.szOsFile = static_cast<int>(sizeof(File)) + g_system->szOsFile;
    g_recording.xOpen = open_file;
    g_recording.xDelete = delete_file;
    // Version 2: no memory-mapped pages, whose changes nobody could see.
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
    sqlite3_vfs_register(&g_recording, 1);
}

Recording::Recording(const std::string& folder, Disk disk)
    : folder_(folder), log_(std::make_shared<Log>()) {
    log_->disk = disk;
    const std::lock_guard lock(g_mutex);
    [[maybe_unused]] const bool added = g_logs.emplace(folder_, log_).second;
    assert(added);
}

Recording::~Recording() {
    const std::lock_guard lock(g_mutex);
    g_logs.erase(folder_);
}

Position Recording::position() const {
    const std::lock_guard lock(log_->mutex);
    return log_->operations.size();
}

const std::vector<Operation>& Recording::operations() const {
    return log_->operations;
}

const std::map<FileNumber, std::pair<std::string, std::string>>& Recording::found() const {
    return log_->found;
}

}  // namespace crash
