// Header fields: the views of a parsed header lie in order and side by side in the block and leave
// nothing out; each relaxed form is that of the slow reference; a signature over them is a header
// field again.

#include <cstdint>
#include <cstdlib>
#include <string>

#include "dkim/canonical.h"
#include "dkim/field.h"
#include "dkim/signer.h"
#include "tests/dkim/reference_canonical.h"

namespace {

void require(bool holds) {
    if (!holds) {
        std::abort();
    }
}

const dkim::Signer& signer(conf::Canonicalization header) {
    static const auto key = dkim::PrivateKey::create(dkim::KeyType::Ed25519, 0).value();
    static const auto domain = conf::DomainName::parse("example.com").value();
    static const dkim::Signer simple(domain, "s", key, conf::Canonicalization::Simple);
    static const dkim::Signer relaxed(domain, "s", key, conf::Canonicalization::Relaxed);
    return header == conf::Canonicalization::Simple ? simple : relaxed;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string block(reinterpret_cast<const char*>(data), size);
    const auto header = dkim::Header::parse(block);
    if (!header) {
        require(!header.error().detail.empty());
        return 0;
    }
    std::size_t covered = 0;
    for (const dkim::Field& field : header->fields()) {
        require(field.raw.data() == block.data() + covered);
        covered += field.raw.size();
        require(field.value.data() + field.value.size() + 2 == field.raw.data() + field.raw.size());
        require(!field.name.empty() && field.name.data() == field.raw.data());
        std::string relaxed;
        dkim::append_canonical(field, conf::Canonicalization::Relaxed, relaxed);
        require(relaxed == reference::relaxed_field(field.raw));
        std::string simple;
        dkim::append_canonical(field, conf::Canonicalization::Simple, simple);
        require(simple == field.raw);
    }
    require(covered == block.size());
    for (const auto canonicalization :
         {conf::Canonicalization::Simple, conf::Canonicalization::Relaxed}) {
        const auto signature = signer(canonicalization).sign(*header, {}, conf::Instant{});
        require(signature.has_value() == (header->count("From") == 1));
        if (signature) {
            const auto own = dkim::Header::parse(*signature);
            require(own && own->fields().size() == 1);
        }
    }
    return 0;
}
