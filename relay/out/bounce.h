// Bounce: the report to a sender whose recipients were given up, relayed to a host that reports
// nothing, or still wait: what happened, in plain words, and what machines need.
//
// Standards: RFC 3464 (message/delivery-status), RFC 3461 6 (what it must hold of the request), RFC
//   6522 (multipart/report), RFC 3834 (Auto-Submitted), RFC 6533 (its message/global kin), RFC 8689
//   5 (REQUIRETLS: never the body).
// Threads: no state; pure.
#pragma once

#include <cstddef>
#include <string>

#include "conf/config.h"
#include "queue/message.h"
#include "relay/spool.h"

namespace relay::out {

/// A longer message is returned as its header although RET=FULL asks for all of it.
constexpr std::size_t kMaxReturned = std::size_t{256} * 1024;

/// Header (without Received, Date and Message-ID: Intake adds them), empty line and body, lines
/// ended by CRLF; 7-bit, but for addresses beyond ASCII and the header of a message that came with
/// SMTPUTF8, which make it UTF-8. `original` is the message that the report is about; nothing of it
/// is returned where it could not be read and is empty. Remote text and what the client called its
/// message and recipients is data: controls and 8-bit octets in it become '?'.
std::string compose_bounce(const Notice& notice,
                           const queue::Content& original,
                           const conf::Config& config,
                           queue::Instant now);

}  // namespace relay::out
