// EnhancedStatus::parse: what it accepts begins with the text it prints.
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "queue/outcome.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view text(reinterpret_cast<const char*>(data), size);
    const auto status = queue::EnhancedStatus::parse(text);
    if (status && text.substr(0, status->text().size()) != status->text()) {
        std::abort();
    }
    return 0;
}
