// SPF records: any text parses or is refused, and what parsed keeps within the grammar.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "relay/check/spf_grammar.h"
#include "relay/check/spf_record.h"

namespace {

void require(bool holds) {
    if (!holds) {
        std::abort();
    }
}

bool printable(const std::string& text) {
    return std::all_of(text.begin(), text.end(), [](char c) { return c > 0x20 && c < 0x7f; });
}

void require_sound(const relay::check::DomainSpec& spec) {
    require(printable(spec.text));
    require(spec.has_macro == (spec.text.find('%') != std::string::npos));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace relay::check;
    const std::string_view text(reinterpret_cast<const char*>(data), size);
    require(!is_spf_record(text) || text.size() >= 6);
    parse_host_tail(text);
    if (const auto spec = parse_domain_spec(text)) {
        require_sound(*spec);
    }
    const auto record = SpfRecord::parse(text);
    if (!record) {
        require(!record.error().message().empty());
        return 0;
    }
    for (const auto& mechanism : record->mechanisms) {
        require_sound(mechanism.domain);
        require(printable(mechanism.text));
        require(mechanism.prefix4 >= 0 && mechanism.prefix4 <= 32);
        require(mechanism.prefix6 >= 0 && mechanism.prefix6 <= 128);
        require(mechanism.network.prefix() >= 0 && mechanism.network.prefix() <= 128);
    }
    if (record->redirect) {
        require_sound(*record->redirect);
    }
    return 0;
}
