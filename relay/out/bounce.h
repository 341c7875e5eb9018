// Bounce: the report to a sender whose recipients were given up: what happened, in plain words,
// and what machines need.
//
// Standards: RFC 3464 (message/delivery-status), RFC 6522 (multipart/report), RFC 3834
//   (Auto-Submitted).
// Threads: no state; pure.
#pragma once

#include <string>
#include <string_view>

#include "conf/config.h"
#include "relay/spool.h"

namespace relay::out {

/// Header (without Received, Date and Message-ID: Intake adds them), empty line and body, lines
/// ended by CRLF, 7-bit. `original_header` is the header of the message that failed. Remote text is
/// data: controls and 8-bit octets in it become '?'.
std::string compose_bounce(const Notice& notice,
                           std::string_view original_header,
                           const conf::Config& config,
                           queue::Instant now);

}  // namespace relay::out
