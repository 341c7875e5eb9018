// MailReader: any octets, as they are and with a right checksum behind them; what it accepts is as
// long as it says.
#include <cstdint>
#include <cstdlib>
#include <string>
#include <sys/mman.h>
#include <unistd.h>

#include "queue/mail_file.h"

namespace {

bool reads(const std::string& octets) {
    queue::OpenFile file(::memfd_create("mail", MFD_CLOEXEC));
    if (!file.is_open() || ::write(file.number(), octets.data(), octets.size()) !=
                               static_cast<ssize_t>(octets.size())) {
        std::abort();
    }
    auto reader = queue::MailReader::open(std::move(file), "X.mail");
    if (!reader) {
        std::abort();
    }
    const auto head = reader->head();
    if (!head) {
        return false;
    }
    std::uint64_t size = 0;
    for (;;) {
        const auto piece = reader->piece();
        if (!piece) {
            return false;
        }
        if (!*piece) {
            break;
        }
        size += (*piece)->size();
    }
    if (size != head->content.body_size || reader->digest().size() != 64 ||
        head->envelope.recipients.empty()) {
        std::abort();
    }
    return true;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    std::string octets(reinterpret_cast<const char*>(data), size);
    (void)reads(octets);
    queue::MailHash hash;
    hash.update(octets);
    (void)reads(octets + hash.finish());
    return 0;
}
