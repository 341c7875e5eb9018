// Author: whatever stands in From:, the answer is some valid domains, each once, or a reason.

#include <cstdint>
#include <cstdlib>
#include <set>
#include <string_view>

#include "dkim/author.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const auto authors = dkim::authors({reinterpret_cast<const char*>(data), size});
    if (!authors) {
        if (authors.error().detail.empty()) {
            std::abort();
        }
        return 0;
    }
    std::set<conf::DomainName> seen;
    for (const conf::DomainName& domain : dkim::domains_of(*authors)) {
        if (domain.empty() || !seen.insert(domain).second ||
            !conf::DomainName::parse(domain.text())) {
            std::abort();
        }
    }
    if (seen.empty() || seen.size() > 100) {
        std::abort();
    }
    return 0;
}
