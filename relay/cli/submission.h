// submit: gives one message to a relay over SMTP and waits for its answer.
//
// Standards: RFC 5321 (3.3, 4.5.2 transparency), RFC 6152.
// Threads:   no state; blocks, at most kPatience for each answer.
#pragma once

#include <string>
#include <string_view>
#include <variant>

#include "conf/config.h"
#include "conf/result.h"
#include "queue/address.h"
#include "queue/message_id.h"
#include "relay/smtp/reply.h"

namespace relay::cli {

struct Submission {
    conf::Endpoint server;
    std::string helo;
    ::queue::Address from, to;
    std::string message;  // header, empty line, body; lines end with CRLF
};

inline constexpr std::chrono::seconds kSubmissionPatience{60};

/// The final 250, or the first refusal. Errors: no connection, or one that broke.
conf::Result<smtp::ServerReply> submit(const Submission& submission);

/// "queued as ID" of a 250.
std::optional<::queue::MessageId> queue_id_of(const smtp::ServerReply& reply);

/// Header and body with CRLF; `body` may end its lines with LF. Errors: a subject with control
/// characters.
conf::Result<std::string> compose(const ::queue::Address& from,
                                  const ::queue::Address& to,
                                  const std::string& subject,
                                  std::string_view body);

/// RFC 5321 4.5.2: the message with its dots doubled, and the end of data.
std::string dot_stuffed(std::string_view message);

}  // namespace relay::cli
