// Address::parse: whatever it accepts reads back as itself, and its parts join to its text; what is
// accepted as ASCII is so with UTF-8 allowed, too.
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "conf/utf8.h"
#include "queue/address.h"

namespace {

void require(bool holds) {
    if (!holds) {
        std::abort();
    }
}

void check(const queue::Address& address) {
    const auto again = queue::Address::parse(address.text(), queue::Characters::Utf8);
    require(again && *again == address && !address.is_null());
    require(!address.domain().empty() && address.domain().size() <= 255);
    require(address.local_part().size() <= 64);
    require(std::string(address.local_part()) + "@" + std::string(address.domain()) ==
            address.text());
    require(conf::is_utf8(address.text()));
    bool ascii = true;
    for (const char c : address.text()) {
        const auto octet = static_cast<unsigned char>(c);
        require(octet >= ' ' && octet != 0x7f);
        ascii = ascii && octet < 0x80;
    }
    require(ascii == address.is_ascii());
    for (const char c : address.domain()) {
        require(static_cast<unsigned char>(c) < 0x80);
    }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view text(reinterpret_cast<const char*>(data), size);
    const auto plain = queue::Address::parse(text);
    const auto utf8 = queue::Address::parse(text, queue::Characters::Utf8);
    if (plain) {
        require(plain->is_ascii() && utf8 && *utf8 == *plain);
    }
    if (utf8) {
        check(*utf8);
    }
    return 0;
}
