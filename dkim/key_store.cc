#include "dkim/key_store.h"

#include <cerrno>
#include <fcntl.h>
#include <stdlib.h>
#include <string_view>
#include <sys/stat.h>
#include <system_error>
#include <unistd.h>

#include <openssl/crypto.h>

#include "dkim/errors.h"

namespace dkim {
namespace {

conf::Error unwritable(const std::string& path, int reason) {
    return error(errc::KeyUnwritable, path + ": " + std::generic_category().message(reason));
}

int write_all(int descriptor, std::string_view octets) {
    while (!octets.empty()) {
        const ssize_t count = ::write(descriptor, octets.data(), octets.size());
        if (count >= 0) {
            octets.remove_prefix(static_cast<std::size_t>(count));
        } else if (errno != EINTR) {
            return errno;
        }
    }
    return 0;
}

// Writes and syncs; 0 or the reason.
int write_durably(int descriptor, std::string_view octets) {
    if (const int reason = write_all(descriptor, octets); reason != 0) {
        return reason;
    }
    return ::fsync(descriptor) == 0 ? 0 : errno;
}

int sync_folder(const std::string& folder) {
    const int descriptor = ::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (descriptor < 0) {
        return errno;
    }
    const int reason = ::fsync(descriptor) == 0 ? 0 : errno;
    ::close(descriptor);
    return reason;
}

}  // namespace

conf::Result<void> save_new_key(const std::string& path, const PrivateKey& key) {
    const std::size_t slash = path.rfind('/');
    const std::string folder = slash == std::string::npos ? "." : path.substr(0, slash + 1);
    std::string draft = path.substr(0, slash == std::string::npos ? 0 : slash + 1) + ".key-XXXXXX";
    // Mode 0600 from its first moment.
    const int descriptor = ::mkostemp(draft.data(), O_CLOEXEC);
    if (descriptor < 0) {
        return unwritable(path, errno);
    }
    std::string pem = key.pem();
    int reason = pem.empty() ? EIO : write_durably(descriptor, pem);
    OPENSSL_cleanse(pem.data(), pem.size());
    ::close(descriptor);
    // link, unlike rename, never replaces a file.
    if (reason == 0 && ::link(draft.c_str(), path.c_str()) != 0) {
        reason = errno;
    }
    ::unlink(draft.c_str());
    if (reason == EEXIST) {
        return error(errc::KeyExists, path);
    }
    if (reason == 0) {
        reason = sync_folder(folder);
    }
    if (reason != 0) {
        return unwritable(path, reason);
    }
    return {};
}

}  // namespace dkim
