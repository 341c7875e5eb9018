// Address list: the addresses in a To: field, or in an argument of sendmail.
//
// More forgiving than dkim::authors(), which decides who signs: a local part alone ("root", as cron
// writes it) is an address to be completed, and a list of none, or an empty group, is one of
// nobody.
//
// Standards: RFC 5322 3.4 (address-list, groups), 3.2.2 (comments), 3.4.1 (addr-spec); RFC 6531
//   3.3 (UTF-8).
// Threads:   no state.
// Errors:    what cannot be read as addresses, in words.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "conf/domain_name.h"
#include "conf/result.h"
#include "queue/address.h"

namespace relay::mime {

struct ListedAddress {
    std::string text;      // without comments and white space: "user@example.com", or "root"
    std::size_t end = 0;   // position behind it in the value
    bool is_bare = false;  // no domain
};

/// All addresses of all groups, in order. Errors: an unclosed comment, quote, bracket or group; a
/// name without an address; an empty address; source routes; more than 100,000 addresses.
conf::Result<std::vector<ListedAddress>> listed_addresses(std::string_view value);

/// `value` with "@domain" behind each bare local part; as it is where it is no list of addresses.
std::string complete_list(std::string_view value, const conf::DomainName& domain);

/// Those of `value` as SMTP takes them, bare ones completed. Errors: as listed_addresses(), or what
/// Address::parse finds wrong, with the address.
conf::Result<std::vector<::queue::Address>> mailboxes_in(std::string_view value,
                                                         const conf::DomainName& domain);

}  // namespace relay::mime
