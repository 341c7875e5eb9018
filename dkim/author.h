// Author: the domains in a From: field, which decide who signs.
//
// Standards: RFC 5322 3.6.2 and 3.4 (mailboxes, comments, quoted strings), RFC 6854, RFC 6531.
// Threads:   no state.
#pragma once

#include <string_view>
#include <vector>

#include "conf/domain_name.h"
#include "conf/result.h"

namespace dkim {

/// The domains of all mailboxes in the value of a From: field, each once, in order.
/// Errors: BadAuthor: no mailbox at all, an address without a domain, a domain literal, an unclosed
/// comment or quote, more than 100 domains, and what readers understand differently (source routes,
/// white space inside a domain, an unquoted '@' in a name); the detail says which.
conf::Result<std::vector<conf::DomainName>> author_domains(std::string_view from_value);

}  // namespace dkim
