// Verifier: judges every signature of one message, ours or others'.
//
// Three steps, none of which waits: the header says which keys are needed, the body is hashed as
// it comes, the keys that were found give the verdicts.
//
// Standards: RFC 6376 6 (6.1.1 the field, 6.1.2 the key, 6.1.3 the hashes), RFC 8301, RFC 8463, RFC
//   8616.
// Bounds:    20 signatures; further ones are only counted. Each works once over the header, and
//   over the body once for each canonicalization with its l=.
// Threads:   one owner at a time.     Errors: all are verdicts.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "conf/config.h"
#include "dkim/body_hash.h"
#include "dkim/field.h"
#include "dkim/signature.h"
#include "dkim/verdict.h"

namespace dkim {

/// What the DNS says about one key_name().
struct KeyLookup {
    enum class Status : std::uint8_t { Found, NotFound, Unavailable };

    Status status = Status::NotFound;
    std::vector<std::string> records;  // Found: each TXT record, its strings joined
    std::string why;                   // Unavailable: in words
};

class Verifier {
public:
    static constexpr std::size_t kMaxSignatures = 20;

    /// `header` looks into memory that outlives the verifier. `now` is for x=.
    Verifier(Header header, conf::Instant now);

    /// From the top. Of those without a fault the key is needed.
    [[nodiscard]] std::span<const Signature> signatures() const { return signatures_; }
    /// DKIM-Signature fields beyond kMaxSignatures.
    [[nodiscard]] std::size_t unread() const { return unread_; }

    /// The next octets of the body: CRLF line ends, in pieces of any size.
    void update(std::string_view body);
    /// No more octets; before judge().
    void finish();

    /// About signatures()[number]. A lookup that was not needed is not looked at.
    [[nodiscard]] Verdict judge(std::size_t number, const KeyLookup& lookup) const;

private:
    /// What several signatures may share.
    struct Body {
        conf::Canonicalization canonicalization;
        std::uint64_t limit;
        BodyHash hash;
        Digest digest{};
        std::uint64_t size = 0;
    };

    [[nodiscard]] static std::uint64_t limit_of(const Signature& signature);
    [[nodiscard]] const Body& body_of(const Signature& signature) const;
    [[nodiscard]] Sha256Digest header_digest(const Signature& signature) const;

    Header header_;
    std::vector<Signature> signatures_;
    std::vector<Body> bodies_;
    std::size_t unread_ = 0;
};

}  // namespace dkim
