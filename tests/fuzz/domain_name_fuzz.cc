// Any octets as a domain name: what is accepted is ASCII, short, and the same when parsed again.
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "conf/domain_name.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const auto name = conf::DomainName::parse({reinterpret_cast<const char*>(data), size});
    if (!name) {
        return name.error().message().empty() ? std::abort(), 0 : 0;
    }
    const auto again = conf::DomainName::parse(name->text());
    if (!again || *again != *name || name->empty() || name->text().size() > 253) {
        std::abort();
    }
    for (const char c : name->text()) {
        if (!((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_' ||
              c == '.')) {
            std::abort();
        }
    }
    return 0;
}
