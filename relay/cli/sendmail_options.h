// SendmailOptions: the command line of sendmail, as cron, PHP and scripts write it.
//
// Options may stand behind recipients, too; "--" ends them. What other sendmails do with their
// queue and their own configuration (-o and -O other than -oi, -h, -n, ...) is taken and changes
// nothing.
//
// Standards: RFC 3461 4 (-N, -R, -V).
// Threads:   no state.
// Errors:    what is wrong, or what cannot be done here, and what to write instead.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "conf/result.h"
#include "queue/dsn_request.h"
#include "relay/cli/sendmail_input.h"
#include "relay/cli/sendmail_message.h"

namespace relay::cli {

struct SendmailOptions {
    bool help = false;
    bool verbose = false;                                            // -v
    std::string config_file;                                         // -C, -c, --config
    HeaderRecipients header_recipients = HeaderRecipients::Ignored;  // -t
    SendmailInput::LoneDot lone_dot = SendmailInput::LoneDot::Ends;  // -i, -oi
    std::optional<std::string> sender;                               // -f, -r, as written
    std::string full_name;                                           // -F
    ::queue::Notify notify;                                          // -N
    ::queue::ReturnedPart ret = ::queue::ReturnedPart::Unset;        // -R
    std::string envelope_id;                                         // -V, in xtext
    std::vector<std::string> recipients;                             // as written
};

/// `arguments` without the name of the program.
conf::Result<SendmailOptions> parse_sendmail_options(std::span<const std::string> arguments);

/// The arguments of sendmail where `command_line` calls it: as "sendmail ...", or as "signet
/// [-c FILE] sendmail ...". Nothing where it calls another command.
std::optional<std::vector<std::string>> sendmail_arguments(
    std::span<const std::string> command_line);

/// What --help prints.
std::string sendmail_help();

}  // namespace relay::cli
