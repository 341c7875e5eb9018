// encoded_words: text outside ASCII in a header field.
//
// Standards: RFC 2047 2, 5 (as a whole Subject:, and as a phrase).
// Threads:   no state.     Errors: none.
#pragma once

#include <string>
#include <string_view>

namespace relay::cli {

/// UTF-8 as encoded words of at most 75 octets, each of whole characters, folded.
std::string encoded_words(std::string_view text);

}  // namespace relay::cli
