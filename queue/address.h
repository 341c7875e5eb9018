// Address: an SMTP mailbox, or the null reverse-path.
//
// Standards: RFC 5321 4.1.2 (Mailbox, Quoted-string, address literals), 4.5.3.1 (64 octets of
//   local part, 255 of domain), RFC 6531 3.3 (UTF-8 in both).
// Threads: values.
#pragma once

#include <string>
#include <string_view>

#include "conf/domain_name.h"
#include "conf/result.h"

namespace queue {

/// RFC 6531: UTF-8 where SMTPUTF8 was said, or a person wrote the address.
enum class Characters { Ascii, Utf8 };

class Address {
public:
    Address() = default;  // the null reverse-path "<>"

    /// "user@example.com", "\"odd one\"@example.com", "user@[192.0.2.1]",
    /// "user@[IPv6:2001:db8::1]"; without brackets. "postmaster" alone (RFC 5321 4.5.1) is accepted
    /// only by the caller that completes it. Errors: BadAddress with the reason: empty or too long
    /// local part or domain, wrong character, no domain, characters beyond those that are allowed.
    static conf::Result<Address> parse(std::string_view text,
                                       Characters allowed = Characters::Ascii);

    [[nodiscard]] bool is_null() const { return text_.empty(); }
    /// As given, but the domain in lower-case A-labels; empty for the null path.
    [[nodiscard]] const std::string& text() const { return text_; }
    [[nodiscard]] std::string_view local_part() const;
    /// The domain as text: a name or a literal in its brackets.
    [[nodiscard]] std::string_view domain() const;
    [[nodiscard]] bool has_literal() const;
    /// False: only a server that offers SMTPUTF8 can be told of it. It is the local part that is
    /// not: a domain has become A-labels.
    [[nodiscard]] bool is_ascii() const;
    bool operator==(const Address&) const = default;

private:
    friend struct EnvelopeCodec;
    std::string text_;
    std::size_t at_ = 0;
};

}  // namespace queue
