// Address: an SMTP mailbox, or the null reverse-path.
//
// Standards: RFC 5321 4.1.2 (Mailbox, Quoted-string, address literals), 4.5.3.1 (64 octets of
//   local part, 255 of domain).
// Threads: values.
#pragma once

#include <string>
#include <string_view>

#include "conf/domain_name.h"
#include "conf/result.h"

namespace queue {

class Address {
public:
    Address() = default;  // the null reverse-path "<>"

    /// "user@example.com", "\"odd one\"@example.com", "user@[192.0.2.1]",
    /// "user@[IPv6:2001:db8::1]"; without brackets. "postmaster" alone (RFC 5321 4.5.1) is accepted
    /// only by the caller that completes it. Errors: BadAddress with the reason: empty or too long
    /// local part or domain, wrong character, no domain, non-ASCII.
    static conf::Result<Address> parse(std::string_view text);

    [[nodiscard]] bool is_null() const { return text_.empty(); }
    /// As given, but the domain in lower-case A-labels; empty for the null path.
    [[nodiscard]] const std::string& text() const { return text_; }
    [[nodiscard]] std::string_view local_part() const;
    /// The domain as text: a name or a literal in its brackets.
    [[nodiscard]] std::string_view domain() const;
    [[nodiscard]] bool has_literal() const;
    bool operator==(const Address&) const = default;

private:
    friend struct EnvelopeCodec;
    std::string text_;
    std::size_t at_ = 0;
};

}  // namespace queue
