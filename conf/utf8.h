// is_utf8, is_ascii: whether octets are text, and of which kind.
//
// Standards: RFC 3629 4: the shortest form, no surrogates, nothing above U+10FFFF.
// Threads: no state.
#pragma once

#include <string_view>

namespace conf {

bool is_utf8(std::string_view text);

/// No octet above 127.
bool is_ascii(std::string_view text);

}  // namespace conf
