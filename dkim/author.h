// Author: the mailboxes in a From: field: their domains decide who signs.
//
// Standards: RFC 5322 3.6.2 and 3.4 (mailboxes, comments, quoted strings), RFC 6854, RFC 6531.
// Threads:   no state.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "conf/domain_name.h"
#include "conf/result.h"

namespace dkim {

struct Author {
    std::string local_part;  // without the quotes and backslashes of a quoted string
    conf::DomainName domain;
    bool operator==(const Author&) const = default;
};

/// All mailboxes in the value of a From: field, in order.
/// Errors: BadAuthor: no mailbox at all, an address without a domain, a domain literal, an unclosed
/// comment or quote, more than 1,000 mailboxes or 100 domains, and what readers understand
/// differently (source routes, white space inside a domain, an unquoted '@' in a name); the detail
/// says which.
conf::Result<std::vector<Author>> authors(std::string_view from_value);

/// The domains among them, each once, in order.
std::vector<conf::DomainName> domains_of(const std::vector<Author>& authors);

}  // namespace dkim
