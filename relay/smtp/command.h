// Command: one line of a client, parsed strictly.
//
// Standards: RFC 5321 4.1.1 (commands), 4.1.2 (paths), 4.5.3.1 (lengths); RFC 1870 (SIZE), RFC 6152
//   (BODY), RFC 3461 (RET, ENVID, NOTIFY, ORCPT), RFC 4954 (AUTH), RFC 3030 (BDAT), RFC 3207
//   (STARTTLS), RFC 6531 (SMTPUTF8), RFC 8689 (REQUIRETLS).
// Threads:   values; parse_command() has no state.
// Errors:    the Reply that names them; it never repeats more than an address's fault.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "queue/envelope.h"
#include "relay/smtp/reply.h"

namespace relay::smtp {

struct Helo {
    /// A domain or an address literal; any printable word of 255 octets is accepted and shown,
    /// never trusted.
    std::string name;
    bool extended = false;
};
struct MailFrom {
    queue::Address sender;              // null allowed
    std::optional<std::uint64_t> size;  // the largest number for a value that is larger still
    queue::BodyKind body = queue::BodyKind::SevenBit;
    bool utf8 = false;                                     // SMTPUTF8
    bool require_tls = false;                              // REQUIRETLS
    queue::ReturnedPart ret = queue::ReturnedPart::Unset;  // RET=
    std::string envelope_id;  // ENVID=, xtext as received; empty where it was not given
    /// AUTH=, RFC 4954 5: who is said to have submitted the message; null for "<>". Nothing follows
    /// from it.
    std::optional<queue::Address> submitter;
};
struct RcptTo {
    queue::Address recipient;  // a bare "postmaster" is completed with the server's name
    queue::DsnRequest dsn;     // NOTIFY= and ORCPT=
};
struct Data {};
struct Bdat {
    std::uint64_t size = 0;  // octets that follow the command's line end
    bool last = false;
};
struct StartTls {};
struct Auth {
    std::string mechanism;  // upper case: 1 to 20 letters, digits, "-" and "_"
    /// Still base64, not looked at; "=" is the initial response of no octets.
    std::optional<std::string> initial;
};
struct Rset {};
struct Noop {};
struct Vrfy {};
struct Help {};
struct Quit {};
struct NotImplemented {};  // EXPN, ETRN, TURN and other known verbs that are not offered: 502
using Command = std::variant<Helo,
                             MailFrom,
                             RcptTo,
                             Data,
                             Bdat,
                             StartTls,
                             Auth,
                             Rset,
                             Noop,
                             Vrfy,
                             Help,
                             Quit,
                             NotImplemented>;

/// What stands behind an '@' that the client left out.
struct Completion {
    std::string_view hostname;     // of RCPT TO:<postmaster>
    std::string_view origin = {};  // of every other local part; empty: it is refused
};

/// One line without its CRLF; `recipients` is what the MAIL of this transaction allows its RCPTs.
/// Anything wrong is the Reply that says so: 500 unknown verb, 501 syntax (with 5.5.4 or 5.1.3 /
/// 5.1.7 for addresses), 550 an address without a domain, 553 5.6.7 an address beyond ASCII where
/// MAIL has no SMTPUTF8, 555 5.5.4 unknown parameter. Whether SIZE fits, and whether an extension
/// is offered to this client, is judged by the dialog.
std::variant<Command, Reply> parse_command(std::string_view line,
                                           const Completion& completion,
                                           queue::Characters recipients = queue::Characters::Ascii);

/// The line says BDAT: octets of a chunk follow it, whatever the reply is (RFC 3030 2). Where
/// parse_command() refuses such a line nobody knows how many, and the connection is of no use.
bool announces_chunk(std::string_view line);

}  // namespace relay::smtp
