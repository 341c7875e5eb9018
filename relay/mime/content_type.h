// ContentType: the value of a Content-Type field, as far as it decides how parts are found and
// encoded; and the token of a Content-Transfer-Encoding.
//
// Reads what mailers write, not only what the grammar has: parameter values may hold "=" and "/"
// without quotes, and a parameter that cannot be read is passed over.
//
// Standards: RFC 2045 5.1 and 6.1, RFC 2046 5.1.1 (boundary), RFC 5322 3.2.2 (comments, folds).
// Threads:   values.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace relay::mime {

struct ContentType {
    std::string type;     // lower case
    std::string subtype;  // lower case
    /// Empty where there is none, more than one, one of other than 1 to 70 printable characters, or
    /// one in the pieces of RFC 2231, which readers take for different things.
    std::string boundary;
    bool names_charset = false;
    std::size_t end = 0;  // position behind the subtype in the value
};

/// `value` may hold the CRLFs of folds. Nothing where it does not begin with type "/" subtype.
std::optional<ContentType> read_content_type(std::string_view value);

/// The only token of `value`, in lower case, comments left out; empty where it has none, "?" where
/// it is something else.
std::string read_only_token(std::string_view value);

}  // namespace relay::mime
