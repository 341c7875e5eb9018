// Sendmail message: from what a program wrote to the message that is submitted.
//
// - A "From " line of a mailbox file at the top is dropped.
// - The header ends at the first line that is no field; where that is not the empty line, one is
// put
//   in front of it: a text without any header becomes a message.
// - Addresses without a domain are completed in From:, Sender:, Reply-To:, To:, Cc: and their
//   Resent- forms.
// - Bcc: and Resent-Bcc: are removed, whether their addresses are asked for or not.
// - A message without From: gets one. Date and Message-ID are the relay's to add.
// What else the message says stays as it is.
//
// Standards: RFC 5322 2.1, 3.6.2, 3.6.3, 3.6.6.
// Threads:   no state.
// Errors:    a list of recipients that cannot be read, with the name of its field.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "conf/domain_name.h"
#include "conf/result.h"
#include "queue/address.h"

namespace relay::cli {

/// Whether recipients are taken from To:, Cc: and Bcc: (-t).
enum class HeaderRecipients : std::uint8_t { Ignored, Taken };

struct SendmailRules {
    HeaderRecipients recipients = HeaderRecipients::Ignored;
    conf::DomainName domain;  // completes addresses without one
    ::queue::Address author;  // of a From: that is added; not null
    std::string author_name;  // UTF-8 without control characters; may be empty
};

struct SendmailMessage {
    std::string text;  // header, empty line, body
    /// From the fields, in order, each as often as it stands there; those of the Resent- fields
    /// alone where there are any.
    std::vector<::queue::Address> recipients;
};

/// `input` in lines with CRLF.
conf::Result<SendmailMessage> make_message(std::string_view input, const SendmailRules& rules);

}  // namespace relay::cli
