// From libunbound's result to an Answer.
//
// Standards: RFC 1035 4.1.1 (RCODE), RFC 2308 2 (NXDOMAIN, NODATA), RFC 4035 5.5 (bogus answers
//   are not used).
// Threads: no state.
#pragma once

#include <string>

#include "relay/net/dns.h"

struct ub_result;

namespace relay::net {

/// `error` is libunbound's error number; `result` may be null when it is not 0. Copies what it
/// keeps.
Answer answer_from(int error, const ub_result* result, const std::string& name, RecordType type);

/// "MX of example.com"
std::string question_text(const std::string& name, RecordType type);

}  // namespace relay::net
