// Key records, tag lists and PEM: the tags lie inside the text, none comes twice; base64 that was
// decoded encodes to itself.

#include <cstdint>
#include <cstdlib>
#include <set>
#include <string_view>

#include "conf/base64.h"
#include "dkim/key.h"
#include "dkim/tag_list.h"

namespace {

void require(bool holds) {
    if (!holds) {
        std::abort();
    }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view text(reinterpret_cast<const char*>(data), size);
    const auto list = dkim::TagList::parse(text);
    const auto record = dkim::PublicRecord::parse(text);
    require(list || !record);
    if (list) {
        std::set<std::string_view> seen;
        for (const dkim::TagList::Tag& tag : list->tags()) {
            require(seen.insert(tag.name).second);
            require(tag.value.data() >= text.data() &&
                    tag.value.data() + tag.value.size() <= text.data() + text.size());
        }
    }
    if (record) {
        require(record->revoked() == record->key.empty());
        require(conf::decode_base64(conf::encode_base64(record->key)) == record->key);
    }
    (void)dkim::zone_file_record("s._domainkey.example.com", text);
    // Only what looks like one: the library takes milliseconds to refuse the rest.
    if (text.substr(0, 5) == "-----") {
        (void)dkim::PrivateKey::parse(text);
    }
    return 0;
}
