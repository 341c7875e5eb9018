// Failure: what each way to fail means, for the recipients, the host and the site. The one place
// for this policy.
//
// House rule: 4xx whenever in doubt; 5xx only when a retry cannot help.
//
// Standards: RFC 5321 5.1 (MX), RFC 7505 (null MX), RFC 3463 (status codes), RFC 1047 (lost reply
//   to the dot: deliver again).
// Threads: no state.
#pragma once

#include <string>
#include <vector>

#include "queue/outcome.h"
#include "relay/net/dns.h"
#include "relay/net/stream.h"
#include "relay/smtp/client_dialog.h"

namespace relay::out {

// What DNS said about a recipient domain.

/// NXDOMAIN for the MX question. 5.1.2
queue::Outcome no_such_domain(const std::string& domain);
/// No MX and no address. 5.1.2
queue::Outcome no_mail_host(const std::string& domain);
/// `MX 0 .`: the domain takes no mail. 5.1.10
queue::Outcome null_mx(const std::string& domain);
/// SERVFAIL, time-out, bogus: never a reason to bounce. 4.4.3
queue::Outcome dns_failed(const std::string& domain, const net::Answer& answer);
/// MX hosts without any address. 5.4.4
queue::Outcome no_host_address(const std::string& domain);
/// Every address is private or loopback, and not allowed. 4.4.4, names the key.
queue::Outcome only_private(const std::string& domain, const std::string& address);
/// The best MX is this relay. 5.4.6
queue::Outcome points_to_us(const std::string& domain);

// What connecting said about a host. Always Deferred: the next host may be tried.

queue::Outcome connect_failed(const std::string& host, const std::string& ip, net::IoStatus status);

// What happened in a conversation.

[[nodiscard]] smtp::Loss loss_of(net::IoStatus status);
/// The stored message could not be read: ours to mend, nobody's fault outside. 4.3.0
queue::Outcome content_unreadable(const std::string& why);

/// No key may sign it now: held again, or tried later. 4.7.0
queue::Outcome not_signed(const std::string& why);

/// The relay stops before these recipients were tried. 4.3.2
queue::Outcome interrupted();

/// Every recipient failed for lack of an extension (5.6.3, 5.6.7, 5.6.9), of protection (5.7.30) or
/// of room (5.3.4), seen in the reply to EHLO: nothing was asked.
[[nodiscard]] bool lacks_extension(const std::vector<queue::Outcome>& outcomes);
/// Such a failure, while a host that was not asked may have what is missing: Deferred.
queue::Outcome in_doubt(queue::Outcome outcome);

/// These outcomes came about before the message was sent, on a connection that is over, or for lack
/// of an extension that another host may have: the same attempt may go to the next host at once.
[[nodiscard]] bool next_host_may_help(const smtp::ClientDialog& dialog);

}  // namespace relay::out
