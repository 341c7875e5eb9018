#include "queue/mail_folder.h"

#include <array>
#include <cerrno>
#include <cstdio>
#include <dirent.h>
#include <fcntl.h>
#include <memory>
#include <pwd.h>
#include <set>
#include <sys/stat.h>
#include <unistd.h>
#include <utility>

namespace queue {
namespace {

conf::Error unfit(std::string what) {
    return conf::Error{{}, std::move(what)};
}

/// "user signet", or the number of one that has no name.
std::string own_user() {
    const uid_t number = ::geteuid();
    std::array<char, 4096> room{};
    struct passwd entry {};
    struct passwd* found = nullptr;
    if (::getpwuid_r(number, &entry, room.data(), room.size(), &found) == 0 && found != nullptr) {
        return "user " + std::string(found->pw_name);
    }
    return "user " + std::to_string(number);
}

struct CloseFolder {
    void operator()(DIR* folder) const { ::closedir(folder); }
};

}  // namespace

conf::Error MailFolder::refused(const std::string& name, const char* doing) const {
    const int number = errno;
    return conf::Error{{number, boost::system::system_category()}, path_of(name) + ": " + doing};
}

conf::Result<MailFolder> MailFolder::open(const std::string& path) {
    if (!path.starts_with('/') || path.find('\0') != std::string::npos) {
        return unfit("folder: write its whole path, from / on");
    }
    OpenFile folder(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    const auto why = [](int number) {
        return boost::system::error_code(number, boost::system::system_category()).message();
    };
    if (!folder.is_open()) {
        const int number = errno;
        if (number == ENOENT) {
            return unfit(path + ": there is no such folder: make it, for the " + own_user());
        }
        if (number == ENOTDIR) {
            return unfit(path + ": it is no folder");
        }
        return unfit(path + ": the " + own_user() + " cannot open it: " + why(number));
    }
    if (::faccessat(folder.number(), ".", R_OK | W_OK | X_OK, AT_EACCESS) != 0) {
        const int number = errno;
        return unfit(path + ": the " + own_user() + " cannot write in it: " + why(number));
    }
    return MailFolder(path, std::move(folder));
}

conf::Result<OpenFile> MailFolder::create_part(MessageId id) const {
    const std::string name = part_name(id);
    if (auto gone = remove(name); !gone) {
        return gone.error();
    }
    OpenFile file(::openat(folder_.number(),
                           name.c_str(),
                           O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC,
                           0600));
    if (!file.is_open()) {
        return refused(name, "cannot make it");
    }
    return file;
}

conf::Result<OpenFile> MailFolder::open_file(const std::string& name) const {
    // O_NONBLOCK: whoever opens a pipe would wait for ever.
    OpenFile file(
        ::openat(folder_.number(), name.c_str(), O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC));
    if (!file.is_open()) {
        return refused(name, ("the " + own_user() + " cannot open it").c_str());
    }
    return file;
}

conf::Result<bool> MailFolder::has(const std::string& name) const {
    struct stat found {};
    if (::fstatat(folder_.number(), name.c_str(), &found, AT_SYMLINK_NOFOLLOW) == 0) {
        return true;
    }
    if (errno != ENOENT) {
        return refused(name, "cannot look for it");
    }
    return false;
}

conf::Result<void> MailFolder::keep(MessageId id) const {
    const std::string from = part_name(id);
    const std::string to = mail_name(id);
    if (::renameat2(
            folder_.number(), from.c_str(), folder_.number(), to.c_str(), RENAME_NOREPLACE) == 0) {
        return {};
    }
    if (errno != EINVAL && errno != ENOSYS) {
        return refused(to, "cannot take this name");
    }
    // Not every file system can tell: asked in two steps, nobody else being at work here.
    const auto there = has(to);
    if (!there) {
        return there.error();
    }
    errno = EEXIST;
    if (*there || ::renameat(folder_.number(), from.c_str(), folder_.number(), to.c_str()) != 0) {
        return refused(to, "cannot take this name");
    }
    return {};
}

conf::Result<void> MailFolder::remove(const std::string& name) const {
    if (::unlinkat(folder_.number(), name.c_str(), 0) != 0 && errno != ENOENT) {
        return refused(name, "cannot remove it");
    }
    return {};
}

conf::Result<void> MailFolder::sync() const {
    if (::fsync(folder_.number()) != 0) {
        return refused(".", "cannot sync the folder");
    }
    return {};
}

conf::Result<std::vector<std::string>> MailFolder::names(const std::string& ending,
                                                         const std::string& after,
                                                         std::size_t limit) const {
    // A descriptor of its own: the place in a folder belongs to one.
    const int again = ::openat(folder_.number(), ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    const std::unique_ptr<DIR, CloseFolder> folder(again >= 0 ? ::fdopendir(again) : nullptr);
    if (folder == nullptr) {
        auto error = refused(".", "cannot read the folder");
        if (again >= 0) {
            ::close(again);
        }
        return error;
    }
    std::set<std::string> first;
    errno = 0;
    // NOLINTNEXTLINE(concurrency-mt-unsafe): nobody else reads by this handle.
    while (const dirent* const entry = ::readdir(folder.get())) {
        std::string name(static_cast<const char*>(entry->d_name));
        if (name.ends_with(ending) && name > after &&
            (first.size() < limit || name < *first.rbegin())) {
            first.insert(std::move(name));
            if (first.size() > limit) {
                first.erase(std::prev(first.end()));
            }
        }
        errno = 0;
    }
    if (errno != 0) {
        return refused(".", "cannot read the folder");
    }
    return std::vector<std::string>(first.begin(), first.end());
}

}  // namespace queue
