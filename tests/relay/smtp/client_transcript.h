// Client transcript: a conversation written down, played against a ClientDialog, also with the
// connection lost at each step.
//
//   S: 220 mx.example.net      the server's line; read through the ReplyParser
//   C: EHLO mail.example.com   what the dialog must write; consecutive lines must come in one write
//   = begin                    the dialog must be Ready; the next Delivery begins
//   C: [message], C: [nothing] the dialog must send the message, or the end of data alone
//   = quit                     the dialog must be Ready and is told to quit
//   S: [closed], [timed out], [garbage], [endless], [unexpected]   what the network brings instead
//   of a reply = ready, = close           how it ends
//
// Threads: none.     Errors: a difference is a failure of the running test, with the step.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "relay/smtp/client_dialog.h"

namespace tests {

/// Plays `script`, and once more for every step and every kind of loss with the connection lost
/// there; then nobody may be without an outcome, and only what was decided may be other than
/// Deferred. Returns the dialog as the whole script left it.
relay::smtp::ClientDialog play(const std::vector<relay::smtp::Delivery>& deliveries,
                               std::string_view script,
                               relay::smtp::Protection protection = relay::smtp::Protection::None);

/// What a server offers in its reply to EHLO, and what most tests' servers do.
using Offered = std::vector<std::string>;
inline const Offered kPlain;
inline const Offered kPipelining = {"PIPELINING", "8BITMIME", "SIZE 5000"};

/// A script that begins with such a server's greeting and EHLO.
std::string greeted(const Offered& offered, std::string_view rest);

/// To one or more recipients.
relay::smtp::Delivery delivery(const std::vector<std::string>& recipients);

/// "Failed 5.1.1: 550 5.1.1 no such user".
std::string show(const queue::Outcome& outcome);
std::vector<std::string> show(const std::vector<queue::Outcome>& outcomes);

}  // namespace tests
