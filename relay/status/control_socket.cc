#include "relay/status/control_socket.h"

#include <cerrno>
#include <cstring>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>
#include <utility>

namespace relay::status {

namespace {

constexpr mode_t kMode = 0660;

class Descriptor {
public:
    explicit Descriptor(int number) : number_(number) {}
    Descriptor(const Descriptor&) = delete;
    Descriptor& operator=(const Descriptor&) = delete;
    ~Descriptor() {
        if (number_ >= 0) {
            ::close(number_);
        }
    }
    [[nodiscard]] int get() const { return number_; }
    int release() { return std::exchange(number_, -1); }

private:
    int number_;
};

conf::Error failed(int reason, const std::string& path, const std::string& advice) {
    return conf::Error{{reason, boost::system::system_category()},
                       "control socket " + path + ": " + advice};
}

Descriptor new_socket() {
    return Descriptor(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
}

/// Makes room for our file, if what is there may go.
conf::Result<void> clear_place(const std::string& path, const sockaddr_un& address) {
    struct stat found {};
    if (::lstat(path.c_str(), &found) != 0) {
        return {};  // bind() says what else may be wrong
    }
    if (!S_ISSOCK(found.st_mode)) {
        return failed(EEXIST, path, "it is no socket: remove it or choose another path");
    }
    const Descriptor visitor = new_socket();
    if (visitor.get() < 0) {
        return failed(errno, path, "no socket can be made");
    }
    // A full backlog (EAGAIN) is a live one, too.
    if (::connect(visitor.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) ==
            0 ||
        errno == EAGAIN) {
        return failed(EADDRINUSE, path, "another relay answers there: stop it first");
    }
    if (errno != ECONNREFUSED) {
        return failed(errno, path, "cannot tell whether another relay uses it");
    }
    if (::unlink(path.c_str()) != 0 && errno != ENOENT) {
        return failed(errno, path, "the file of a relay that is gone cannot be removed");
    }
    return {};
}

}  // namespace

conf::Result<int> open_control_socket(const std::string& path) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    if (path.size() >= sizeof address.sun_path) {
        return failed(ENAMETOOLONG,
                      path,
                      "a socket's path has at most " + std::to_string(sizeof address.sun_path - 1) +
                          " octets: set status.control_socket");
    }
    std::memcpy(address.sun_path, path.data(), path.size());
    if (auto cleared = clear_place(path, address); !cleared) {
        return cleared.error();
    }
    Descriptor listener = new_socket();
    if (listener.get() < 0) {
        return failed(errno, path, "no socket can be made");
    }
    // Linux gives the file the socket's own mode, less the umask: nobody else can connect even for
    // a moment. chmod then puts back what the umask took.
    if (::fchmod(listener.get(), kMode) != 0 ||
        ::bind(listener.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
        return failed(errno, path, "cannot be made: is its folder there and writable?");
    }
    if (::chmod(path.c_str(), kMode) != 0 || ::listen(listener.get(), SOMAXCONN) != 0) {
        const int reason = errno;
        ::unlink(path.c_str());
        return failed(reason, path, "cannot be used");
    }
    return listener.release();
}

}  // namespace relay::status
