// ProxyHeader: a header never takes more than is there; more octets never turn a refusal around.

#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "relay/net/proxy_header.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using State = relay::net::ProxyHeader::State;
    const std::string_view octets(reinterpret_cast<const char*>(data), size);
    const auto whole = relay::net::parse_proxy_header(octets);
    if (whole.state == State::Complete &&
        (whole.size == 0 || whole.size > size || whole.size > relay::net::kMaxProxyHeader)) {
        std::abort();
    }
    if (whole.state == State::NeedMore && size >= relay::net::kMaxProxyHeader) {
        std::abort();
    }
    const auto half = relay::net::parse_proxy_header(octets.substr(0, size / 2));
    if (half.state != State::NeedMore && half.state != whole.state) {
        std::abort();
    }
    return 0;
}
