// Rdata decoders: any octets give nothing or a value that keeps its promises.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "relay/net/rdata.h"

namespace {

void require(bool holds) {
    if (!holds) {
        std::abort();
    }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace relay::net;
    const std::string_view rdata(reinterpret_cast<const char*>(data), size);
    if (const auto name = decode_name(rdata)) {
        require(name->empty() || is_askable(*name));
    }
    if (const auto mx = decode_mx(rdata)) {
        require(decode_name(rdata.substr(2)) == mx->host);
    }
    if (const auto soa = decode_soa(rdata)) {
        // Two names and five numbers; the last one is at the end.
        require(size >= 22 && size <= 2 * 255 + 20);
        require((soa->minimum & 0xff) == data[size - 1]);
        require(!decode_soa(rdata.substr(0, size - 1)));
    }
    if (const auto address = decode_address(rdata)) {
        require(address->octets() == rdata);
    }
    if (const auto text = decode_txt(rdata)) {
        require(text->size() < size);
    }
    if (is_askable(rdata)) {
        require(size <= 253);
    }
    return 0;
}
