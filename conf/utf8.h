// is_utf8: whether octets are text.
//
// Standards: RFC 3629 4: the shortest form, no surrogates, nothing above U+10FFFF.
// Threads: no state.
#pragma once

#include <string_view>

namespace conf {

bool is_utf8(std::string_view text);

}  // namespace conf
