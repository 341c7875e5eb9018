// nearest: the known word that a misspelt one most likely means.
//
// Counts letters left out, added, exchanged or swapped with their neighbour; case, '-' and '_'
// make no difference.
//
// Threads: no state.
// Errors: none; no word within half of the letters is no answer.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace conf {

/// Of equally near words the first.
std::optional<std::string> nearest(std::string_view word, std::span<const std::string> known);

}  // namespace conf
