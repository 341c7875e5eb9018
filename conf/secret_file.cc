#include "conf/secret_file.h"

#include <algorithm>
#include <cerrno>
#include <fcntl.h>
#include <sys/stat.h>
#include <system_error>
#include <unistd.h>

#include "conf/errors.h"
#include "conf/utf8.h"

namespace conf {

namespace {

constexpr std::size_t kLargest = std::size_t{64} * 1024;

class Descriptor {
public:
    explicit Descriptor(int number) : number_(number) {}
    ~Descriptor() {
        if (number_ >= 0) {
            (void)::close(number_);
        }
    }
    Descriptor(const Descriptor&) = delete;
    Descriptor& operator=(const Descriptor&) = delete;

    [[nodiscard]] int number() const { return number_; }

private:
    int number_;
};

Error unreadable(int reason) {
    return error(errc::BadSecretFile, std::generic_category().message(reason));
}

/// All of the file, or one octet more than is allowed.
Result<std::string> contents(int descriptor) {
    std::string text(kLargest + 1, '\0');
    std::size_t size = 0;
    while (size < text.size()) {
        const ssize_t count = ::read(descriptor, text.data() + size, text.size() - size);
        if (count == 0) {
            break;
        }
        if (count > 0) {
            size += static_cast<std::size_t>(count);
        } else if (errno != EINTR) {
            return unreadable(errno);
        }
    }
    text.resize(size);
    return text;
}

}  // namespace

Result<std::string> read_secret_file(const std::string& path) {
    // O_NONBLOCK: opening a FIFO must not wait for its writer.
    const Descriptor file(::open(path.c_str(), O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC));
    struct stat facts {};
    if (file.number() < 0 || ::fstat(file.number(), &facts) != 0) {
        return unreadable(errno);
    }
    if (!S_ISREG(facts.st_mode)) {
        return error(errc::BadSecretFile, "it is no regular file");
    }
    auto text = contents(file.number());
    if (!text) {
        return text;
    }
    if (text->size() > kLargest) {
        return error(errc::BadSecretFile, "it is larger than 64 KiB");
    }
    if (text->ends_with('\n')) {
        text->pop_back();
        if (text->ends_with('\r')) {
            text->pop_back();
        }
    }
    const bool control = std::any_of(text->begin(), text->end(), [](char c) {
        return static_cast<unsigned char>(c) < 0x20 || c == 0x7F;
    });
    if (control || !is_utf8(*text)) {
        return error(errc::BadSecretFile, "it holds a control character, or no UTF-8");
    }
    return text;
}

}  // namespace conf
