// Server transcript: a conversation written down, played against a ServerDialog, and from each of
// its steps on anew.
//
//   C: EHLO client.example        a line of the client; while the dialog reads data, a line of the
//                                 message; behind BDAT, the chunk; behind 334, base64
//   C: [too long], [bad line end] what the session would tell; [tls] a handshake that succeeds
//   S: 250 mail.example.com       what the dialog must answer
//   = close                       the dialog must close here
//
// Threads: none.     Errors: a difference is a failure of the running test, with the step.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "relay/smtp/server_dialog.h"

namespace tests {

/// What was taken by data_done().
struct Taken {
    relay::smtp::Transaction transaction;
    std::string text;
};

/// Rules of mail.example.com with no limit but 10 errors, for a client that may relay.
relay::smtp::ServerRules open_rules();

/// "S: " lines: the reply to EHLO of a server with such rules; `more` stands behind what everybody
/// is offered.
std::string ehlo_reply(const std::vector<std::string>& more = {}, int message_size = 0);
/// A script that begins with the greeting and EHLO.
std::string after_ehlo(std::string_view rest,
                       const std::vector<std::string>& more = {},
                       int message_size = 0);

/// Plays `script`; a message is answered by `judge`, or 250 2.0.0 queued. Then, for every step, a
/// fresh dialog is brought there and the client starts anew with EHLO: nothing of the broken
/// transaction may be left.
std::vector<Taken> play(const relay::smtp::ServerRules& rules,
                        std::string_view script,
                        const std::function<relay::smtp::Reply(const Taken&)>& judge = {});

}  // namespace tests
