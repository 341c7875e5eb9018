// Build: which Signet this is, and which libraries it runs with.
//
// Threads: constants.
#pragma once

#include <string>
#include <string_view>

namespace relay::status {

/// "0.1.0"
std::string_view version();
/// "Release", "Debug"
std::string_view build_type();
/// "Boost 1.81.0, OpenSSL 3.0.17, ...": as loaded, not as compiled against where the library can
/// tell.
std::string libraries();

}  // namespace relay::status
