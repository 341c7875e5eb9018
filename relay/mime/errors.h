// Errors of this folder: why a message cannot be made one that SMTP carries. The words are for its
// sender.
//
// Threads: no state.
#pragma once

#include <string>

#include <boost/system/error_code.hpp>

#include "conf/result.h"

namespace relay::mime {

enum class errc {
    BadHeader = 1,       // of a part that must change
    LongField,           // a line of a header field that cannot be folded
    SealedPart,          // in multipart/signed or multipart/encrypted
    UnknownEncoding,     // its Content-Transfer-Encoding is none of RFC 2045
    Fragment,            // in message/partial or message/external-body
    MissingBoundary,     // a multipart that names no boundary, or does not hold it
    TooManyParts,        // more than kMaxParts
    TooDeep,             // more than kMaxDepth
    PartHeaderTooLarge,  // more than kMaxPartHeader
};

const boost::system::error_category& category() noexcept;

/// `detail` names the field, the type or what is wrong in it; it may be empty.
conf::Error error(errc code, std::string detail = {});

}  // namespace relay::mime

template <>
struct boost::system::is_error_code_enum<relay::mime::errc> : std::true_type {};

namespace relay::mime {

inline boost::system::error_code make_error_code(errc code) noexcept {
    return {static_cast<int>(code), category()};
}

}  // namespace relay::mime
