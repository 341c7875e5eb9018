// What is understood of a query or a JSON body is written and read again as the same.

#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "relay/status/selection.h"

namespace {

using namespace relay::status;

void require(bool holds) {
    if (!holds) {
        std::abort();
    }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string input(data, data + size);
    const queue::Instant now{std::chrono::milliseconds(1'800'000'000'000)};
    if (const auto query = parse_query(input)) {
        (void)filter_of(query->selection, now);
        const auto again = parse_query(as_query(query->selection, query->from));
        require(again.has_value());
        require(again->selection == query->selection && again->from == query->from);
    }
    if (const auto selection = parse_selection(input)) {
        (void)filter_of(*selection, now);
        const auto again = parse_selection(as_json(*selection));
        require(again.has_value() && *again == *selection);
    }
    if (const auto request = parse_hold(input)) {
        const auto reason = hold_reason(*request);
        require(!reason || reason->size() <= 300);
        const auto again = parse_hold(as_json(*request));
        require(again.has_value() && *again == *request);
    }
    return 0;
}
