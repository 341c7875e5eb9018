#include "relay/status/build.h"

#include <sqlite3.h>
#include <unbound.h>

#include <boost/version.hpp>
#include <openssl/crypto.h>

namespace relay::status {

std::string_view version() {
    return SIGNET_VERSION;
}

std::string_view build_type() {
    constexpr std::string_view kType = SIGNET_BUILD_TYPE;
    return kType.empty() ? "plain" : kType;
}

std::string libraries() {
    return "Boost " + std::to_string(BOOST_VERSION / 100000) + "." +
           std::to_string(BOOST_VERSION / 100 % 1000) + "." + std::to_string(BOOST_VERSION % 100) +
           ", OpenSSL " + OpenSSL_version(OPENSSL_VERSION_STRING) + ", SQLite " +
           sqlite3_libversion() + ", libunbound " + ub_version();
}

}  // namespace relay::status
