// Parameters: what stands behind the path of MAIL and RCPT.
//
// Standards: RFC 5321 4.1.1.11, 4.1.2 (grammar); RFC 1870 (SIZE), RFC 6152 (BODY), RFC 3461 4 (RET,
//   ENVID, NOTIFY, ORCPT), RFC 4954 5 (AUTH), RFC 6531 3.4 (SMTPUTF8), RFC 6533 3 (ORCPT in UTF-8),
//   RFC 8689 2 (REQUIRETLS).
// Threads:   no state.
// Errors:    the Reply that names them: 501 5.5.4 malformed or given twice, 555 5.5.4 unknown.
#pragma once

#include <optional>
#include <string_view>

#include "relay/smtp/command.h"

namespace relay::smtp {

/// What `text`, "SIZE=1000 BODY=8BITMIME", says is written into `mail`; the refusal where something
/// is wrong.
std::optional<Reply> read_parameters(std::string_view text, MailFrom& mail);
/// The same for RCPT; `allowed` is what its transaction allows.
std::optional<Reply> read_parameters(std::string_view text,
                                     RcptTo& rcpt,
                                     queue::Characters allowed = queue::Characters::Ascii);

}  // namespace relay::smtp
