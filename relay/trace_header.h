// Trace header: what a submission server adds to and removes from a header before it is signed.
//
// Standards: RFC 5321 4.4 (Received), RFC 3848 and RFC 6531 4.3 (with), RFC 6409 8 (Date,
//   Message-ID, addresses), RFC 5322 3.6.3 (Bcc), 3.6.7 (Return-Path), RFC 8601 5
//   (Authentication-Results).
// Threads: no state.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "conf/config.h"
#include "dkim/field.h"
#include "queue/message_id.h"

namespace relay {

struct Trace {
    queue::MessageId id;
    std::string hostname;
    std::string helo;       // what the client said; empty for our own reports
    std::string client;     // its address; empty: not to be told (`received_client`), or us
    bool extended = false;  // EHLO
    bool tls = false;
    bool authenticated = false;
    bool utf8 = false;  // the client said SMTPUTF8
    std::string
        only_recipient;  // `for`, only when there is exactly one; a second one would be disclosed
    std::string sender;  // MAIL FROM, for a missing From:
    std::optional<conf::DomainName> origin;  // of addresses without a domain
    conf::Instant now{};
};

/// The final header: a Received field on top; Bcc, Resent-Bcc, Return-Path and the
/// Authentication-Results that claim our name gone; From, Date and Message-ID added where missing;
/// bare addresses completed.
std::string final_header(const dkim::Header& header, const Trace& trace);

/// "Sun, 22 Nov 2026 06:30:00 +0000"
std::string rfc5322_date(conf::Instant now);

}  // namespace relay
