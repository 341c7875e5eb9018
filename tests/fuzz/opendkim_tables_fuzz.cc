// OpenDKIM's tables: views lie inside the text, lines come in their order, what is an entry has all
// that one needs, and a key that stands in the table itself is never repeated.

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <string_view>
#include <vector>

#include "dkim/opendkim_tables.h"

namespace {

void require(bool holds) {
    if (!holds) {
        std::abort();
    }
}

void require_inside(std::string_view part, std::string_view text) {
    require(part.empty() ||
            (part.data() >= text.data() && part.data() + part.size() <= text.data() + text.size()));
}

void require_word(std::string_view word, std::string_view text) {
    require(!word.empty() && word.find_first_of(" \t\r\n#") == std::string_view::npos);
    require_inside(word, text);
}

template <class Entry>
void require_order(const std::vector<Entry>& entries, std::string_view text) {
    const auto lines = static_cast<unsigned>(std::count(text.begin(), text.end(), '\n') + 1);
    unsigned last = 0;
    for (const auto& entry : entries) {
        require(entry.line > last && entry.line <= lines);
        last = entry.line;
    }
}

void require_faults(const std::vector<dkim::TableFault>& faults, std::string_view text) {
    require(faults.size() <= dkim::kMostFaults + 1);
    require_order(faults, text);
    for (const auto& fault : faults) {
        require(!fault.text.empty() && fault.text.size() < 1000);
        require(std::none_of(fault.text.begin(), fault.text.end(), [](char c) {
            return static_cast<unsigned char>(c) < ' ' && c != '\t';
        }));
    }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view text(reinterpret_cast<const char*>(data), size);
    const auto keys = dkim::parse_key_table(text);
    require_faults(keys.faults, text);
    require_order(keys.keys, text);
    for (const auto& key : keys.keys) {
        require_word(key.name, text);
        require_inside(key.path, text);
        require(!key.domain || !key.domain->empty());
        require(!key.selector.empty());
        require(key.path.empty() == (key.place == dkim::OpendkimKey::Place::Inline));
        require(key.path_for(key.selector).find('%') == std::string::npos);
    }
    (void)dkim::patterns_of(text);
    for (const auto patterns : {dkim::Patterns::Exact, dkim::Patterns::Wildcard}) {
        const auto signings = dkim::parse_signing_table(text, patterns);
        require_faults(signings.faults, text);
        require_order(signings.signings, text);
        for (const auto& signing : signings.signings) {
            require_word(signing.pattern, text);
            require_word(signing.key, text);
            require_inside(signing.signer, text);
            require(signing.domain.empty() ==
                    (signing.reach == dkim::OpendkimSigning::Reach::Everyone));
        }
    }
    return 0;
}
