// Body canonicalization: in pieces of any size the hash is that of the slow reference over the
// whole body.
//
// The first octet of the input seeds the sizes of the pieces.

#include <cstdint>
#include <cstdlib>
#include <random>
#include <string_view>

#include "dkim/body_hash.h"
#include "dkim/sha256.h"
#include "tests/dkim/reference_canonical.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size == 0) {
        return 0;
    }
    const std::string_view body(reinterpret_cast<const char*>(data) + 1, size - 1);
    for (const auto canonicalization :
         {conf::Canonicalization::Simple, conf::Canonicalization::Relaxed}) {
        std::minstd_rand random(data[0]);
        const std::size_t longest = random() % 3 == 0 ? 4 : 100;
        dkim::BodyHash hash(canonicalization);
        for (std::size_t at = 0; at < body.size();) {
            const std::size_t piece = random() % (longest + 1);
            // A copy, so that reading beyond the piece is an error.
            const std::string octets(body.substr(at, piece));
            hash.update(octets);
            at += octets.size();
        }
        const std::string canonical = canonicalization == conf::Canonicalization::Simple
                                          ? reference::simple_body(body)
                                          : reference::relaxed_body(body);
        if (hash.finish().sha256 != dkim::sha256(canonical)) {
            std::abort();
        }
    }
    return 0;
}
