// MessageId::parse: what it accepts prints as the same id.
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "queue/message_id.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const auto id = queue::MessageId::parse({reinterpret_cast<const char*>(data), size});
    if (id && (id->number() < 0 || queue::MessageId::parse(id->text()) != id)) {
        std::abort();
    }
    return 0;
}
