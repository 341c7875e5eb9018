#include "dkim/key_file.h"

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <fcntl.h>
#include <sys/stat.h>
#include <system_error>
#include <unistd.h>
#include <vector>

#include <openssl/crypto.h>

#include "dkim/errors.h"

namespace dkim {
namespace {

class Descriptor {
public:
    explicit Descriptor(int number) : number_(number) {}
    ~Descriptor() {
        if (number_ >= 0) {
            ::close(number_);
        }
    }
    Descriptor(const Descriptor&) = delete;
    Descriptor& operator=(const Descriptor&) = delete;

    [[nodiscard]] int number() const { return number_; }

private:
    int number_;
};

conf::Error unreadable(const std::string& path, int reason) {
    std::string detail = path + ": " + std::generic_category().message(reason);
    if (reason == EACCES) {
        detail += ": let user id " + std::to_string(::geteuid()) + " read it";
    } else if (reason == ENOENT || reason == ENOTDIR) {
        detail += ": correct the path, or make a key with `signet dkim create`";
    }
    return error(errc::KeyUnreadable, std::move(detail));
}

conf::Error unsafe(const std::string& path, const struct stat& file, std::string_view who) {
    char mode[8];
    std::snprintf(mode, sizeof mode, "%04o", static_cast<unsigned>(file.st_mode & 07777U));
    return error(errc::KeyUnsafe,
                 path + ": " + std::string(who) + " (mode " + mode + "): chmod 0600 it");
}

bool is_our_group(gid_t group) {
    if (group == ::getegid() || group == ::getgid()) {
        return true;
    }
    const int count = ::getgroups(0, nullptr);
    if (count <= 0) {
        return false;
    }
    std::vector<gid_t> groups(static_cast<std::size_t>(count));
    const int got = ::getgroups(count, groups.data());
    return got > 0 &&
           std::find(groups.begin(), groups.begin() + got, group) != groups.begin() + got;
}

conf::Result<void> judge(const std::string& path,
                         const struct stat& file,
                         bool allow_world_readable) {
    if (!S_ISREG(file.st_mode)) {
        return error(errc::KeyUnreadable,
                     path + (S_ISDIR(file.st_mode) ? ": is a directory" : ": is no regular file") +
                         ": name the key file itself");
    }
    if ((file.st_mode & S_IWOTH) != 0) {
        return unsafe(path, file, "everyone may write it");
    }
    if ((file.st_mode & S_IROTH) != 0 && !allow_world_readable) {
        return unsafe(path, file, "everyone may read it");
    }
    if ((file.st_mode & (S_IRGRP | S_IWGRP)) != 0 && !is_our_group(file.st_gid)) {
        if ((file.st_mode & S_IWGRP) != 0) {
            return unsafe(path, file, "a group that Signet is not in may write it");
        }
        if (!allow_world_readable) {
            return unsafe(path, file, "a group that Signet is not in may read it");
        }
    }
    return {};
}

}  // namespace

SecretText::SecretText() : octets_(new char[kCapacity]) {}

void SecretText::Wipe::operator()(char* octets) const {
    OPENSSL_cleanse(octets, kCapacity);
    delete[] octets;
}

conf::Result<SecretText> read_key_file(const std::string& path, bool allow_world_readable) {
    // O_NONBLOCK: opening a FIFO must not wait for its writer.
    const Descriptor descriptor(::open(path.c_str(), O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC));
    if (descriptor.number() < 0) {
        return unreadable(path, errno);
    }
    // Judged by its descriptor, so that it is the file that is read below.
    struct stat file {};
    if (::fstat(descriptor.number(), &file) != 0) {
        return unreadable(path, errno);
    }
    if (const conf::Result<void> verdict = judge(path, file, allow_world_readable); !verdict) {
        return verdict.error();
    }
    SecretText secret;
    for (;;) {
        if (secret.room() == 0) {
            return error(errc::KeyUnreadable, path + ": larger than any key (64 KiB)");
        }
        const ssize_t count = ::read(descriptor.number(), secret.end(), secret.room());
        if (count == 0) {
            return secret;
        }
        if (count > 0) {
            secret.grow(static_cast<std::size_t>(count));
        } else if (errno != EINTR) {
            return unreadable(path, errno);
        }
    }
}

}  // namespace dkim
