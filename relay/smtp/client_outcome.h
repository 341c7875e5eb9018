// Client outcome: what a server's reply, or its silence, means for a recipient.
//
// Standards: RFC 5321 4.2.1 (first digit), 4.5.3.1.10 (552 at RCPT), RFC 2034 (enhanced codes), RFC
// 3463 (4.4.2, 4.5.0). Threads:   pure functions.     Errors: none.
#pragma once

#include <string_view>

#include "queue/outcome.h"
#include "relay/smtp/reply.h"

namespace relay::smtp {

/// Which RFC 5321 4.5.3.2 limit holds for the reply that is awaited.
enum class Wait { Greeting, Ehlo, Mail, Rcpt, Data, Dot, Rset, Quit };

/// How a connection or a step of it failed, as the network saw it.
enum class Loss { Closed, TimedOut, Garbage, TooLong };

/// 2xx Delivered, 4xx Deferred, 5xx Failed, with the enhanced code or x.0.0. 3xx is the dialog's
/// and never comes here.
queue::Outcome outcome_of(const ServerReply& reply);
/// The same for RCPT, where 552 without 5.2.2 is temporary.
queue::Outcome rcpt_outcome_of(const ServerReply& reply);
/// A greeting, or a reply to EHLO and HELO, that refuses us: Deferred whatever its class, since
/// another host may take it.
queue::Outcome refused_host(const ServerReply& reply);
/// Nothing came, or nothing of use, while `awaited` ("the greeting") was awaited: Deferred 4.4.2,
/// or 4.5.0 for garbage.
queue::Outcome lost_outcome(Loss loss, std::string_view awaited);
/// Deferred 4.5.0: the replies do not match the commands.
queue::Outcome out_of_step(std::string_view what);
/// "the reply to MAIL".
std::string_view awaited_reply(Wait wait);
/// 220 greets and 221 says goodbye: as an answer to any command between them they are another
/// one's.
[[nodiscard]] inline bool is_misplaced(const ServerReply& reply) {
    return reply.code == 220 || reply.code == 221;
}

}  // namespace relay::smtp
