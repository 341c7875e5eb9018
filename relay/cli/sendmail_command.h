// `signet sendmail`: submits a message as programs do that know no SMTP: cron, PHP's mail(),
// scripts.
//
// The envelope sender is -f, completed with the domain of `postmaster` where it has none; without
// -f it is the name of the user who runs this, at that domain. So are addresses in the header
// completed, and From: is made of the sender (of the user, where that is null). A success is
// silent, since cron would mail what is printed.
//
// Exit status, as <sysexits.h> has it: 0 accepted; 64 wrong usage, or nobody to send to; 65 the
// message or an address is refused (5xx, or it cannot be read); 67 a recipient is refused; 69 what
// answers is no relay that takes mail; 74 standard input cannot be read; 75 later perhaps (4xx, or
// nobody answers); 77 the sender is not allowed to (5.7.x); 78 the configuration.
//
// Standards: RFC 3463 (5.7.x), what sendmail_message.h and submission.h list.
// Threads: called from main only.
#pragma once

#include <string>
#include <vector>

#include "relay/cli/submission.h"

namespace relay::cli {

/// `arguments` as sendmail_arguments() gives them; `config_file` is the default; `input` is a
/// descriptor.
int sendmail_command(const std::vector<std::string>& arguments,
                     const std::string& config_file,
                     int input);

/// What a refusal means for the program that called.
int sendmail_status(const SubmissionAnswer& answer);

}  // namespace relay::cli
