// EnvelopeCodec::decode: any octets, as they are and with a right checksum behind them; what it
// accepts survives a round.
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "queue/envelope_codec.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const queue::MessageId id(0x1234567890);
    std::string octets(reinterpret_cast<const char*>(data), size);
    (void)queue::EnvelopeCodec::decode(id, octets);
    octets += queue::EnvelopeCodec::seal(id, octets);
    const auto envelope = queue::EnvelopeCodec::decode(id, octets);
    if (!envelope) {
        return 0;
    }
    std::string encoded;
    queue::EnvelopeCodec::encode(*envelope, encoded);
    const auto again = queue::EnvelopeCodec::decode(id, encoded);
    if (!again || *again != *envelope) {
        std::abort();
    }
    (void)envelope->due();
    return 0;
}
