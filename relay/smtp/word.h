// Word: the next part of a command line.
//
// Threads: no state.     Errors: none.
#pragma once

#include <algorithm>
#include <string_view>

namespace relay::smtp {

/// The octets up to the first space, which go from `text` together with the spaces behind them.
inline std::string_view take_word(std::string_view& text) {
    const std::string_view word = text.substr(0, text.find(' '));
    text.remove_prefix(word.size());
    text.remove_prefix(std::min(text.find_first_not_of(' '), text.size()));
    return word;
}

}  // namespace relay::smtp
