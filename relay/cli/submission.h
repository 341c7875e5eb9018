// submit: gives one message to a relay over SMTP and waits for its answer.
//
// All or nothing: where one recipient is refused, nothing is sent to the others.
//
// Standards: RFC 5321 (3.3, 4.5.2 transparency), RFC 1870, RFC 6152, RFC 6531, RFC 3461 (to a
//   server that offers them).
// Threads:   no state; blocks, at most kSubmissionPatience for each answer.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "conf/config.h"
#include "conf/result.h"
#include "queue/address.h"
#include "queue/dsn_request.h"
#include "queue/message_id.h"
#include "relay/smtp/reply.h"

namespace relay::cli {

struct Submission {
    conf::Endpoint server;
    std::string helo;
    ::queue::Address from;
    std::vector<::queue::Address> to;  // at least one
    std::string message;               // header, empty line, body; lines end with CRLF
    ::queue::Notify notify;            // for each recipient
    ::queue::ReturnedPart ret = ::queue::ReturnedPart::Unset;
    std::string envelope_id;  // xtext; empty for none
};

/// What the relay said in the end, and to what.
struct SubmissionAnswer {
    enum class To : std::uint8_t { Greeting, Ehlo, Mail, Rcpt, Data, Message };
    To to = To::Greeting;
    smtp::ServerReply reply;
    std::string recipient;  // of To::Rcpt

    [[nodiscard]] bool accepted() const { return to == To::Message && reply.klass() == 2; }
};

inline constexpr std::chrono::seconds kSubmissionPatience{60};

/// The final 250, or the first refusal. Errors: no connection, or one that broke; what answers does
/// not speak SMTP.
conf::Result<SubmissionAnswer> submit(const Submission& submission);

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
