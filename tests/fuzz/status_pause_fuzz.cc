// What is understood as a pause is written, and kept, so that it is read again as the same.

#include <cstdint>
#include <cstdlib>
#include <string>

#include "relay/status/pause_json.h"

namespace {

void require(bool holds) {
    if (!holds) {
        std::abort();
    }
}

void require_same(const relay::Pause& pause) {
    const auto again = relay::status::parse_pause(relay::status::as_json(pause));
    require(again.has_value() && *again == pause);
    require(relay::Pause::of_key(pause.key()) == pause);
    require(pause.reason().starts_with(relay::kPausedByPerson));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string input(data, data + size);
    if (const auto pause = relay::status::parse_pause(input)) {
        require_same(*pause);
    }
    if (const auto pause = relay::Pause::of_domain(input)) {
        require_same(*pause);
    }
    if (const auto pause = relay::Pause::of_sender(input)) {
        require_same(*pause);
    }
    if (const auto pause = relay::Pause::of_key(input)) {
        require_same(*pause);
    }
    return 0;
}
