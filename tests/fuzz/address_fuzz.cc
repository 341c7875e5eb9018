// Address::parse: whatever it accepts reads back as itself, and its parts join to its text.
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "queue/address.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view text(reinterpret_cast<const char*>(data), size);
    const auto address = queue::Address::parse(text);
    if (!address) {
        return 0;
    }
    const auto again = queue::Address::parse(address->text());
    if (!again || *again != *address || address->is_null() || address->domain().empty() ||
        address->local_part().size() > 64 || address->domain().size() > 255 ||
        std::string(address->local_part()) + "@" + std::string(address->domain()) !=
            address->text()) {
        std::abort();
    }
    for (const char c : address->text()) {
        if (c < ' ' || c > '~') {
            std::abort();
        }
    }
    return 0;
}
