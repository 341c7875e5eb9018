// Mailbox: local part and domain of a plain address, as the configuration names people.
//
// Standards: RFC 5321 4.1.2 (Mailbox with a Dot-string; no quoted local part, no address
//   literal), 4.5.3.1.1.
// Threads: values.
// Errors: BadMailbox, or what DomainName::parse says.
#pragma once

#include <string>
#include <string_view>

#include "conf/domain_name.h"
#include "conf/result.h"

namespace conf {

struct Mailbox {
    std::string local;
    DomainName domain;

    [[nodiscard]] std::string text() const { return local + "@" + domain.text(); }
    bool operator==(const Mailbox&) const = default;
};

Result<Mailbox> parse_mailbox(std::string_view text);

}  // namespace conf
