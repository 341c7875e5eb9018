// fold_long_lines: header lines over 998 octets, folded at white space that stands there already,
// so that unfolding gives the same.
//
// Standards: RFC 5322 2.1.1 and 2.2.3.
// Threads:   no state.
#pragma once

#include <string>
#include <string_view>

#include "conf/result.h"

namespace relay::mime {

/// `header`: fields with their CRLFs, without the empty line. Lines within the limit stay as they
/// are; the others are folded near 78 characters where they can be, at 998 at the latest, and never
/// into a line of white space alone. Errors: LongField with the field's name; BadHeader.
conf::Result<std::string> fold_long_lines(std::string_view header);

}  // namespace relay::mime
