// Canonical form: what is hashed instead of the octets of a message, so that harmless changes on
// the way do not matter.
//
// Standards: RFC 6376 3.4.1 (simple header), 3.4.2 (relaxed header), 3.4.4 a (white space).
// Threads:   no state.
#pragma once

#include <string>
#include <string_view>

#include "conf/config.h"
#include "dkim/field.h"

namespace dkim {

/// Appends the canonical form of `field`, its CRLF included, to `out`.
void append_canonical(const Field& field,
                      conf::Canonicalization canonicalization,
                      std::string& out);

/// "simple" or "relaxed".
std::string_view name_of(conf::Canonicalization canonicalization);

/// The first octet in [at, end) where relaxed canonicalization may change something: a tab, or a
/// space that white space, a control character or the end of the range follows. `end` if there is
/// none: then the range stands for itself.
const char* find_reducible(const char* at, const char* end);

}  // namespace dkim
