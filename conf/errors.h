// errc: what can be wrong with a value of the configuration, as error codes of the category
// "signet.conf".
//
// Threads: values.
#pragma once

#include <string>
#include <string_view>
#include <type_traits>

#include <boost/system/error_category.hpp>
#include <boost/system/error_code.hpp>

#include "conf/result.h"

namespace conf {

enum class errc {
    EmptyName = 1,      // a domain name without a character
    EmptyLabel,         // two dots in a row, or one in front
    LabelTooLong,       // more than 63 octets
    NameTooLong,        // more than 253 octets
    BadLabelCharacter,  // other than letters, digits, '-' and '_'
    HyphenAtEdge,       // a label begins or ends with '-'
    BadUnicodeName,     // IDNA refuses it
    BadDuration,
    BadSize,
    BadEndpoint,
    BadMailbox,
    BadReference,   // "${" that no "${NAME}" follows
    UnsetVariable,  // "${NAME}" that the environment does not have
    BadVariable,    // its value is no valid UTF-8
    BadVerifier,    // no SCRAM-SHA-256$...
    BadSecretFile,  // { file = "..." } that is missing, too large, or more than one line
};

const boost::system::error_category& category();

inline boost::system::error_code make_error_code(errc code) {
    return {static_cast<int>(code), category()};
}

/// An Error of this folder with the words that a person needs.
inline Error error(errc code, std::string_view detail = {}) {
    return Error{make_error_code(code), std::string(detail)};
}

}  // namespace conf

template <>
struct boost::system::is_error_code_enum<conf::errc> : std::true_type {};
