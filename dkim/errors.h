// Errors of this folder: one code each for what a caller may want to tell apart.
//
// Threads: values.
#pragma once

#include <string>
#include <type_traits>

#include <boost/system/error_code.hpp>

#include "conf/result.h"

namespace dkim {

enum class errc {
    BadHeader = 1,   // the header section breaks RFC 5322
    BadAuthor,       // the From: field names no usable author
    BadRecord,       // a published key record that verifiers must refuse
    BadTagList,      // no tag=value list of RFC 6376 3.2
    KeyUnreadable,   // missing, no permission, no regular file
    KeyUnsafe,       // others may read or change it
    KeyMalformed,    // no private key in PEM, or an encrypted one
    KeyTooSmall,     // RSA under 2048 bits
    KeyUnsupported,  // a type or size that verifiers need not accept
    KeyFaulty,       // its signatures do not verify
    KeyExists,       // a new key never replaces a file
    KeyUnwritable,   // the new file could not be written
    SigningFailed,   // the cryptographic library refused
    NoSelector,      // none of that name
    NoSuccessor,     // no other selector could sign
};

const boost::system::error_category& category() noexcept;
boost::system::error_code make_error_code(errc code) noexcept;

inline conf::Error error(errc code, std::string detail) {
    return {make_error_code(code), std::move(detail)};
}

}  // namespace dkim

template <>
struct boost::system::is_error_code_enum<dkim::errc> : std::true_type {};
