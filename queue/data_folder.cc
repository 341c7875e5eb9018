#include "queue/data_folder.h"

#include <array>
#include <cerrno>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <system_error>
#include <unistd.h>
#include <utility>

#include "queue/errors.h"

namespace queue {
namespace {

conf::Error unwritable(const std::string& path, const char* doing) {
    const int number = errno;
    const bool full = number == ENOSPC || number == EDQUOT;
    return error(full ? errc::StoreFull : errc::StoreUnwritable,
                 path + ": " + doing + ": " + std::generic_category().message(number));
}

conf::Result<void> sync_folder(const std::string& path) {
    const int folder = ::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (folder < 0) {
        return unwritable(path, "cannot open the folder");
    }
    const int result = ::fsync(folder);
    const conf::Error failed = unwritable(path, "cannot sync the folder");
    ::close(folder);
    if (result != 0) {
        return failed;
    }
    return {};
}

std::string parent_of(const std::string& path) {
    const auto end = path.find_last_not_of('/');
    const auto slash = end == std::string::npos ? end : path.rfind('/', end);
    if (slash == std::string::npos) {
        return ".";
    }
    return slash == 0 ? "/" : path.substr(0, slash);
}

/// "process 1234", as far as the file says so.
std::string holder(int lock) {
    std::array<char, 16> text{};
    const ssize_t length = ::pread(lock, text.data(), text.size(), 0);
    std::string number;
    for (ssize_t i = 0; i < length && text[static_cast<std::size_t>(i)] >= '0' &&
                        text[static_cast<std::size_t>(i)] <= '9';
         ++i) {
        number += text[static_cast<std::size_t>(i)];
    }
    return number.empty() ? "another process" : "process " + number;
}

}  // namespace

conf::Result<DataFolder> DataFolder::take(const std::string& path) {
    if (::mkdir(path.c_str(), 0700) == 0) {
        const auto synced = sync_folder(parent_of(path));
        if (!synced) {
            return synced.error();
        }
    } else if (errno != EEXIST) {
        return unwritable(path, "cannot make the folder (those above it must exist)");
    }
    const std::string file = path + "/lock";
    const int lock = ::open(file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (lock < 0) {
        return unwritable(file, "cannot open it");
    }
    DataFolder folder(path, lock);
    if (::flock(lock, LOCK_EX | LOCK_NB) != 0) {
        if (errno != EWOULDBLOCK) {
            return unwritable(file, "cannot lock it");
        }
        return error(errc::StoreLocked, path + " is held by " + holder(lock) + ": stop it first");
    }
    const std::string number = std::to_string(::getpid()) + "\n";
    if (::ftruncate(lock, 0) != 0 ||
        ::pwrite(lock, number.data(), number.size(), 0) != static_cast<ssize_t>(number.size())) {
        return unwritable(file, "cannot write it");
    }
    return folder;
}

DataFolder::DataFolder(DataFolder&& other) noexcept
    : path_(std::move(other.path_)), lock_(std::exchange(other.lock_, -1)) {}

DataFolder::~DataFolder() {
    if (lock_ >= 0) {
        ::close(lock_);
    }
}

conf::Result<void> DataFolder::create(const std::string& name) const {
    const std::string path = file(name);
    const int made = ::open(path.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (made < 0) {
        if (errno == EEXIST) {
            return {};
        }
        return unwritable(path, "cannot make it");
    }
    ::close(made);
    return sync_folder(path_);
}

conf::Result<std::uint64_t> DataFolder::free_octets() const {
    struct statvfs state {};
    if (::statvfs(path_.c_str(), &state) != 0) {
        return error(
            errc::StoreUnreadable,
            path_ + ": cannot ask for its free space: " + std::generic_category().message(errno));
    }
    return std::uint64_t{state.f_bavail} * state.f_frsize;
}

}  // namespace queue
